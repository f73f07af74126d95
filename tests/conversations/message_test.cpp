// CXL r3.2 7.6.3, DSP0281, DSP0234: CCI messages as they travel over MCTP, byte by byte.
#include "cci/message.hpp"

#include "support/lab.hpp"

namespace cxlemu {
namespace {

constexpr Eid kDevice{8};
constexpr auto kCci = mctp::MessageType::cxl_cci;
constexpr auto kFmApi = mctp::MessageType::cxl_fm_api;

// The requesters' endpoint, speaking in raw messages.
class Requester {
 public:
  explicit Requester(Lab& lab) : lab_(lab), host_(*lab.machine->networks().front().host) {
    host_.on_message = [this](mctp::Message&& message) { answers.push_back(std::move(message)); };
  }

  /// Sends a message and gives the body of the answer as hex; "nothing" where there is none.
  std::string exchange(mctp::MessageType type, const Buffer& body) {
    answers.clear();
    mctp::Message request;
    request.destination = kDevice;
    request.type = type;
    request.tag = host_.allocate_tag(kDevice).value();
    request.body = body;
    host_.send(request);
    lab_.machine->settle();
    host_.release_tag(kDevice, request.tag.value);
    if (answers.empty()) return "nothing";
    EXPECT_EQ(answers.front().tag, (mctp::Tag{request.tag.value, false}));
    EXPECT_EQ(answers.front().type, type);
    EXPECT_EQ(answers.size(), 1);
    return to_hex(answers.front().body);
  }
  std::string exchange(mctp::MessageType type, std::string_view hex) { return exchange(type, from_hex(hex).value()); }
  std::string cci(std::string_view hex) { return exchange(kCci, hex); }

  std::vector<mctp::Message> answers;

 private:
  Lab& lab_;
  mctp::Endpoint& host_;
};

std::uint64_t dropped(Lab& lab, cci::MessageDrop reason) { return lab.dropped_messages(reason); }

std::string hex(std::string_view text) { return to_hex(from_hex(text).value()); }

constexpr std::string_view kIdentity = "f41a810cf41a001188776655443322110a03";

// ---------------------------------------------------------------------------------------------------------- the header

TEST(CciMessage, IsAnsweredWithItsTagAndOpcode) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.cci("00"        // Message Category: request
                          "5a"        // Message Tag
                          "00"        // reserved
                          "01 00"     // Command Opcode
                          "00 00 00"  // Message Payload Length
                          "00 00"     // Return Code
                          "00 00"),   // Vendor Specific Extended Status
            hex("01"                  // Message Category: response
                "5a"                  // Message Tag
                "00"                  // reserved
                "01 00"               // Command Opcode
                "12 00 00"            // Message Payload Length: 18; Background Operation: 0
                "00 00"               // Return Code
                "00 00") +            // Vendor Specific Extended Status
                std::string(kIdentity));
}

// libcxlmi sends ABCDh as vendor specific extended status in every request.
TEST(CciMessage, IsReadWithoutItsReturnCodeAndVendorStatus) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.cci("00 01 00 01 00 00 00 00 00 00 cd ab"),
            hex("01 01 00 01 00 12 00 00 00 00 00 00") + std::string(kIdentity));
  EXPECT_EQ(requester.cci("00 02 00 01 00 00 00 00 16 00 ff ff"),
            hex("01 02 00 01 00 12 00 00 00 00 00 00") + std::string(kIdentity));
}

// Category bits 7:4, byte 2, and of byte 7 bits 6:5; the BO bit means nothing in a request.
TEST(CciMessage, IsReadWithoutItsReservedBits) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.cci("f0 03 ff 01 00 00 00 e0 00 00 00 00"),
            hex("01 03 00 01 00 12 00 00 00 00 00 00") + std::string(kIdentity));
}

TEST(CciMessage, CarriesTheBackgroundBitInItsAnswer) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.cci("00 04 00 00 44 00 00 00 00 00 00 00"), hex("01 04 00 00 44 00 00 80 01 00 00 00"));
  EXPECT_EQ(requester.cci("00 05 00 00 03 00 00 00 00 00 00 00"),
            hex("01 05 00 00 03 08 00 80 00 00 00 00") + zeros(8));
  EXPECT_EQ(requester.cci("00 06 00 00 44 00 00 00 00 00 00 00"), hex("01 06 00 00 44 00 00 80 06 00 00 00"));
}

TEST(CciMessage, HasNoPayloadInItsAnswerWhereItWasRefused) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.cci("00 07 00 00 01 01 00 00 00 00 00 00  05"), hex("01 07 00 00 01 00 00 00 02 00 00 00"));
}

// ------------------------------------------------------------------------------------------------------------- dropped

class ShortMessage : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Bytes, ShortMessage, testing::Values(0, 1, 11));

TEST_P(ShortMessage, IsDroppedAndCounted) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.exchange(kCci, Buffer(GetParam())), "nothing");
  EXPECT_EQ(requester.exchange(kFmApi, Buffer(GetParam())), "nothing");
  EXPECT_EQ(dropped(lab, cci::MessageDrop::too_short), 2);
}

class MessageThatIsNoRequest : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Category, MessageThatIsNoRequest, testing::Values("01", "02", "0f", "f1"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(MessageThatIsNoRequest, IsDroppedAndCounted) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.cci(std::string(GetParam()) + "01 00 01 00 00 00 00 00 00 00 00"), "nothing");
  EXPECT_EQ(dropped(lab, cci::MessageDrop::not_a_request), 1);
}

// CXL r3.2 8.2.10.2.8: a component that receives an Event Notification discards it.
TEST(EventNotification, IsDiscardedAndCountedWhateverItsTypeAndLength) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.cci("00 01 00 06 01 02 00 00 00 00 00 00  01 00"), "nothing");
  EXPECT_EQ(requester.cci("00 01 00 06 01 00 00 00 00 00 00 00"), "nothing");
  EXPECT_EQ(requester.exchange(kFmApi, "00 01 00 06 01 02 00 00 00 00 00 00  01 00"), "nothing");
  EXPECT_EQ(dropped(lab, cci::MessageDrop::event_notification), 3);
}

// A message whose tag the device would have to own answers nothing that it asked.
TEST(CciMessage, IsDroppedByTheEndpointWhereItIsSentAsAResponse) {
  Lab lab;
  mctp::Message message;
  message.destination = kDevice;
  message.type = kCci;
  message.tag = {.value = 3, .owner = false};
  message.body = from_hex("00 01 00 01 00 00 00 00 00 00 00 00").value();
  lab.machine->networks().front().host->send(message);
  EXPECT_EQ(lab.counters().dropped[mctp::DropReason::unknown_tag], 1);
  EXPECT_EQ(lab.counters().messages_sent, 0);
}

// -------------------------------------------------------------------------------------------------------------- length

struct UntrueLength {
  std::string_view name;
  std::string_view length;  ///< bytes 5 to 7
  std::string_view payload;
};
class MessageOfUntrueLength : public testing::TestWithParam<UntrueLength> {};
INSTANTIATE_TEST_SUITE_P(
    Length, MessageOfUntrueLength,
    testing::Values(UntrueLength{"OneTooMany", "01 00 00", ""}, UntrueLength{"OneTooFew", "00 00 00", "00"},
                    UntrueLength{"InBit8", "00 01 00", ""}, UntrueLength{"InBit16", "00 00 01", ""},
                    UntrueLength{"InBit20", "00 00 10", ""}, UntrueLength{"OfAllBits", "ff ff 1f", ""},
                    UntrueLength{"OfSevenForEight", "07 00 00", "00 00 00 00 00 00 00 00"},
                    UntrueLength{"OfNineForEight", "09 00 00", "00 00 00 00 00 00 00 00"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(MessageOfUntrueLength, IsAnsweredWith16hAndCarriesNothingOut) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.cci("00 33 00 01 03" + std::string(GetParam().length) + "00 00 00 00" +
                          std::string(GetParam().payload)),
            hex("01 33 00 01 03 00 00 00 16 00 00 00"));
  EXPECT_EQ(lab.mailbox(0x0300), success(zeros(8)));
}

TEST(MessageOfUntrueLengthOrder, IsUnsupportedOr15hFirst) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.cci("00 01 00 03 44 01 00 00 00 00 00 00"), hex("01 01 00 03 44 00 00 00 03 00 00 00"));
  EXPECT_EQ(requester.cci("00 02 00 02 01 01 00 00 00 00 00 00"), hex("01 02 00 02 01 00 00 00 15 00 00 00"));
}

// spec-check g3: a request above the advertised size is answered with 16h under its own tag, never dropped.
class MessageAboveTheAdvertisedSize : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Payload, MessageAboveTheAdvertisedSize, testing::Values(1025, 1088, 2000, 60'000, 65'524));

Buffer set_lsa(std::uint8_t tag, std::size_t payload_size) {
  CciMessageHeader header{};
  header.cci_tag = tag;
  header.opcode = std::uint16_t{0x4103};
  header.payload_length_and_background_operation = static_cast<std::uint32_t>(payload_size);
  Buffer message = to_buffer(bytes_of(header));
  message.resize(sizeof header + payload_size);
  return message;
}

TEST_P(MessageAboveTheAdvertisedSize, IsAnsweredWith16hUnderItsOwnTag) {
  Lab lab;
  Requester requester(lab);
  EXPECT_EQ(requester.exchange(kCci, set_lsa(0x77, GetParam())), hex("01 77 00 03 41 00 00 00 16 00 00 00"));
  EXPECT_EQ(requester.exchange(kCci, set_lsa(0x78, 1024)), hex("01 78 00 03 41 00 00 00 00 00 00 00"));
}

TEST(MessageAboveASmallerAdvertisedSize, IsAnsweredWith16hUnderItsOwnTag) {
  Lab lab([](auto& config) { config.message_limit = 8; });
  Requester requester(lab);
  EXPECT_EQ(requester.exchange(kCci, set_lsa(0x01, 256)), hex("01 01 00 03 41 00 00 00 00 00 00 00"));
  EXPECT_EQ(requester.exchange(kCci, set_lsa(0x02, 257)), hex("01 02 00 03 41 00 00 00 16 00 00 00"));
}

// What it declares does not matter once it is longer than what is kept.
TEST(MessageAboveTheAdvertisedSizeThatDeclaresLess, IsAnsweredWith16h) {
  Lab lab;
  Requester requester(lab);
  Buffer message = set_lsa(0x01, 1024);
  message.resize(message.size() + 500);
  EXPECT_EQ(requester.exchange(kCci, message), hex("01 01 00 03 41 00 00 00 16 00 00 00"));
}

// -------------------------------------------------------------------------------------------------------- message
// types

struct TypeOfMessage {
  std::string_view name;
  mctp::MessageType type;
  std::string_view opcode;
  std::string_view return_code;
};
class CommandByMessageType : public testing::TestWithParam<TypeOfMessage> {};
// spec-check k4: FM-API sets by type 7, all else by type 8, generic sets by both. The device has no FM-API command.
INSTANTIATE_TEST_SUITE_P(Type, CommandByMessageType,
                         testing::Values(TypeOfMessage{"GenericByType8", kCci, "00 03", "00 00"},
                                         TypeOfMessage{"GenericByType7", kFmApi, "00 03", "00 00"},
                                         TypeOfMessage{"UnknownGenericByType7", kFmApi, "02 03", "03 00"},
                                         TypeOfMessage{"MemoryByType8", kCci, "00 42", "00 00"},
                                         TypeOfMessage{"MemoryByType7", kFmApi, "00 42", "15 00"},
                                         TypeOfMessage{"UnknownMemoryByType7", kFmApi, "ff 42", "03 00"},
                                         TypeOfMessage{"VendorByType8", kCci, "23 c1", "00 00"},
                                         TypeOfMessage{"VendorByType7", kFmApi, "23 c1", "15 00"},
                                         TypeOfMessage{"FmApi51hByType8", kCci, "00 51", "03 00"},
                                         TypeOfMessage{"FmApi51hByType7", kFmApi, "00 51", "03 00"},
                                         TypeOfMessage{"FmApi56hByType8", kCci, "00 56", "03 00"},
                                         TypeOfMessage{"FmApi56hByType7", kFmApi, "00 56", "03 00"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(CommandByMessageType, IsHeardOrRefused) {
  Lab lab([](auto& config) { config.vendor_commands = {vendor_command(0xC123)}; });
  Requester requester(lab);
  const std::string answer =
      requester.exchange(GetParam().type, "00 01 00" + std::string(GetParam().opcode) + "00 00 00 00 00 00 00");
  EXPECT_EQ(answer.substr(0, 10), "010100" + hex(GetParam().opcode));
  EXPECT_EQ(answer.substr(16, 4), hex(GetParam().return_code));
}

TEST(MessageTypes, AreOneCci) {
  Lab lab;
  Requester requester(lab);
  requester.cci("00 01 00 00 44 00 00 00 00 00 00 00");
  EXPECT_EQ(requester.exchange(kFmApi, "00 02 00 02 00 00 00 00 00 00 00 00"), hex("01 02 00 02 00 08 00 80 00 00 00 00"
                                                                                   "01 00 00 44 00 00 00 00"));
}

// ---------------------------------------------------------------------------------------------------------- packets

struct Packets {
  std::string_view name;
  std::uint32_t bytes;  ///< of data in the payload
  std::uint64_t packets;
};
std::string packets_name(const testing::TestParamInfo<Packets>& tested) { return std::string(tested.param.name); }

// A message is its type byte, the header of 12 bytes and the payload: 8 bytes of Set LSA and the data.
class RequestPackets : public testing::TestWithParam<Packets> {};
INSTANTIATE_TEST_SUITE_P(Unit64, RequestPackets,
                         testing::Values(Packets{"OneWithRoom", 0, 1}, Packets{"OneFull", 43, 1},
                                         Packets{"OneByteMore", 44, 2}, Packets{"TwoFull", 107, 2},
                                         Packets{"OneByteMoreThanTwo", 108, 3}, Packets{"TheLongest", 1016, 17}),
                         packets_name);

TEST_P(RequestPackets, AreAsManyAsTheUnitNeeds) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x4103, zeros(8) + zeros(GetParam().bytes)), success());
  EXPECT_EQ(lab.counters().packets_received, GetParam().packets);
  EXPECT_EQ(lab.counters().packets_sent, 1);
}

// The answer of Get LSA: type byte, header, data.
class ResponsePackets : public testing::TestWithParam<std::tuple<std::uint16_t, Packets>> {};
std::string response_packets_name(const testing::TestParamInfo<std::tuple<std::uint16_t, Packets>>& tested) {
  return std::string(std::get<1>(tested.param).name);
}
INSTANTIATE_TEST_SUITE_P(Unit64, ResponsePackets,
                         testing::Combine(testing::Values(std::uint16_t{64}),
                                          testing::Values(Packets{"NoData", 0, 1}, Packets{"OneFull", 51, 1},
                                                          Packets{"OneByteMore", 52, 2}, Packets{"TwoFull", 115, 2},
                                                          Packets{"OneByteMoreThanTwo", 116, 3},
                                                          Packets{"TheLongest", 1024, 17})),
                         response_packets_name);
INSTANTIATE_TEST_SUITE_P(Unit256, ResponsePackets,
                         testing::Combine(testing::Values(std::uint16_t{256}),
                                          testing::Values(Packets{"OneFull", 243, 1}, Packets{"OneByteMore", 244, 2},
                                                          Packets{"TheLongest", 1024, 5})),
                         response_packets_name);

TEST_P(ResponsePackets, AreAsManyAsTheUnitNeeds) {
  const auto& [unit, expected] = GetParam();
  Lab lab({}, {.transmission_unit = unit});
  const std::string length = to_hex(bytes_of(Le32{expected.bytes}));
  EXPECT_EQ(lab.mctp(0x4102, "00000000" + length), success(zeros(expected.bytes)));
  EXPECT_EQ(lab.counters().packets_sent, expected.packets);
  EXPECT_EQ(lab.counters().packets_received, 1);
}

TEST(MessagePackets, CarryTheOrderOfTheBytes) {
  Lab lab;
  std::string data;
  for (int i = 0; i < 1016; ++i) data += to_hex(bytes_of(Le<std::uint8_t>{static_cast<std::uint8_t>(i * 7 + i / 251)}));
  lab.mctp(0x4103, zeros(8) + data);
  EXPECT_EQ(lab.mctp(0x4102, "00 00 00 00  f8 03 00 00"), success(data));
  EXPECT_EQ(lab.mailbox(0x4102, "00 00 00 00  f8 03 00 00"), success(data));
}

}  // namespace
}  // namespace cxlemu
