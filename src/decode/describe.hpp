// What the rows and field lists say, for other readers: the documentation of commands, the Wireshark dissector and the
// fuzzers' dictionary. `cxlemu describe` prints them; a test compares what is committed with it.
#pragma once

#include <string>

namespace cxlemu::decode {

/// docs/commands.md: per opcode the section, CCIs, effects and payloads.
std::string describe_markdown();
/// docs/cxlemu.lua: a Wireshark dissector for CCI messages (MCTP types 7 and 8).
std::string describe_lua();
/// fuzz/cci.dict: request headers of every command.
std::string describe_dictionary();

}  // namespace cxlemu::decode
