// Compiles every header of this folder once, so that their static_asserts run in each build.
#include "wire/cci_message.hpp"
#include "wire/fields.hpp"
#include "wire/le.hpp"
#include "wire/reader_writer.hpp"
#include "wire/return_code.hpp"
