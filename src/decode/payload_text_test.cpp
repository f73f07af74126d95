#include "decode/payload_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/hex.hpp"
#include "component/memory_device/memory_device.hpp"
#include "wire/event_records.hpp"

namespace cxlemu::decode {
namespace {

Result<Buffer> no_file(const std::string& path) { return failure("cannot read " + path); }

template <typename T>
constexpr const Layout& layout = LayoutOf<T>::value;

Buffer bytes(std::string_view hex) { return from_hex(hex).value(); }
std::string json(const Layout& of, std::string_view hex) { return decode_payload(of, bytes(hex)).text(); }

std::string encode(const Layout& of, const std::vector<std::string>& arguments) {
  const auto payload = encode_payload(of, arguments, no_file);
  return payload ? to_hex(*payload) : "<" + payload.error().message + ">";
}

/// The input layout of a command.
const Layout& input_of(std::string_view name) {
  for (const cci::Command& row : memory_device_commands()) {
    if (command_name(row.title) == name) return row.input;
  }
  ADD_FAILURE() << name;
  return memory_device_commands().front().input;
}

std::string zeros(std::size_t count) { return std::string(2 * count, '0'); }

// ---------------------------------------------------------------------------------------- round trips of every command

struct Direction {
  std::string name;
  Layout layout;
};
void PrintTo(const Direction& direction, std::ostream* os) { *os << direction.name; }

std::vector<Direction> every_payload() {
  std::vector<Direction> all;
  for (const cci::Command& row : memory_device_commands()) {
    all.push_back({command_name(row.title) + "-input", row.input});
    all.push_back({command_name(row.title) + "-output", row.output});
  }
  return all;
}

class EveryPayload : public testing::TestWithParam<Direction> {
 protected:
  /// Random bytes of that layout; reserved ones are zero, because nobody types them.
  Buffer generate(std::size_t elements) {
    const Layout& of = GetParam().layout;
    Buffer payload;
    append(payload, fixed_part(of));
    for (std::size_t i = 0; i < elements; ++i) append(payload, of.tail != nullptr ? fixed_part(*of.tail) : random(1));
    return payload;
  }

 private:
  Buffer random(std::size_t size) {
    Buffer made(size);
    for (std::byte& byte : made) byte = static_cast<std::byte>(generator_());
    return made;
  }
  Buffer fixed_part(const Layout& of) {
    Buffer part = random(of.size);
    for (const Field& field : of.fields) {
      const auto at = part.begin() + static_cast<std::ptrdiff_t>(field.offset);
      if (field.kind == FieldKind::reserved) std::fill_n(at, field.size, std::byte{0});
      if (field.kind == FieldKind::capacity_256mib) std::fill_n(at + 4, 4, std::byte{0});
      // Text is ASCII.
      if (field.kind == FieldKind::text) std::fill_n(at, field.size, std::byte{'v'});
    }
    return part;
  }

  std::mt19937 generator_{42};
};
INSTANTIATE_TEST_SUITE_P(Command, EveryPayload, testing::ValuesIn(every_payload()), [](const auto& test) {
  std::string name = test.param.name;
  std::ranges::replace(name, '-', '_');
  return name;
});

// A value as --json shows it, as it is typed.
std::string typed(const Json& value) { return value.is_string() ? std::string(*value.string()) : value.text(); }

TEST_P(EveryPayload, IsEncodedAsItWasDecoded) {
  const Layout& of = GetParam().layout;
  // Elements of several fields are in responses alone, which nobody types.
  if (of.tail != nullptr && of.tail->fields.size() != 1) return;
  for (int round = 0; round < 50; ++round) {
    const Buffer payload = generate(of.tail_name.empty() ? 0 : static_cast<std::size_t>(round) % 7);
    const Json decoded = decode_payload(of, payload);
    std::vector<std::string> arguments;
    for (const Field& field : of.fields) {
      if (field.kind == FieldKind::reserved) continue;
      ASSERT_TRUE(decoded.contains(field.name));
      arguments.push_back(std::string(field.name) + "=" + typed(decoded[field.name]));
    }
    if (of.tail != nullptr) {
      std::string list;
      for (const Json& element : decoded[of.tail_name].elements()) {
        list += (list.empty() ? "" : ",") + element.members().front().second.text();
      }
      arguments.push_back(std::string(of.tail_name) + "=" + list);
    } else if (!of.tail_name.empty()) {
      arguments.push_back(std::string(of.tail_name) + "=hex:" + std::string(*decoded[of.tail_name].string()));
    }
    ASSERT_EQ(encode(of, arguments), to_hex(payload));
  }
}

TEST_P(EveryPayload, ShowsEveryFieldInBothForms) {
  const Layout& of = GetParam().layout;
  const Buffer payload = generate(of.tail_name.empty() ? 0 : 3);
  const Json decoded = decode_payload(of, payload);
  const std::string lines = payload_lines(of, payload, 2);
  for (const Field& field : of.fields) {
    EXPECT_EQ(decoded.contains(field.name), field.kind != FieldKind::reserved) << field.name;
    if (field.kind != FieldKind::reserved) {
      EXPECT_THAT(lines, testing::HasSubstr("  " + std::string(field.name) + " ")) << field.name;
    }
  }
  if (of.tail != nullptr) {
    EXPECT_EQ(decoded[of.tail_name].elements().size(), 3U);
    EXPECT_THAT(lines, testing::HasSubstr("  " + std::string(of.tail_name) + "[2]\n"));
  }
  EXPECT_FALSE(decoded.contains("surplus_bytes"));
  EXPECT_THAT(lines, testing::Not(testing::HasSubstr("surplus")));
}

TEST_P(EveryPayload, IsShownAtEveryLength) {
  const Layout& of = GetParam().layout;
  const Buffer payload = generate(of.tail_name.empty() ? 0 : 2);
  for (std::size_t length = 0; length <= payload.size(); ++length) {
    const Bytes part = Bytes(payload).first(length);
    EXPECT_TRUE(Json::parse(decode_payload(of, part).text()));
    payload_lines(of, part);
  }
}

// ---------------------------------------------------------------------------------------------------------- JSON, text

TEST(PayloadText, ShowsHealthAsJson) {
  EXPECT_EQ(json(layout<GetHealthInfoOut>, "05 03 0f 63 d8 ff 01000000 02000000 ffffffff"),
            R"({"health_status":5,"media_status":3,"additional_status":15,"life_used":99,"device_temperature":-40,)"
            R"("dirty_shutdown_count":1,"corrected_volatile_error_count":2,)"
            R"("corrected_persistent_error_count":4294967295})");
}

TEST(PayloadText, ShowsHealthToPeople) {
  EXPECT_EQ(payload_lines(layout<GetHealthInfoOut>, bytes("05 03 0f 63 d8 ff 01000000 02000000 ffffffff"), 2),
            "  health_status                     0x05 (Maintenance Needed, Hardware Replacement Needed)\n"
            "  media_status                      3 (All Data Lost)\n"
            "  additional_status                 0x0f\n"
            "  life_used                         99\n"
            "  device_temperature                -40\n"
            "  dirty_shutdown_count              1\n"
            "  corrected_volatile_error_count    2\n"
            "  corrected_persistent_error_count  4294967295\n");
}

TEST(PayloadText, ShowsFieldsByTheirKinds) {
  const auto text = [](FieldKind kind, std::string_view hex, std::span<const NamedValue> values = {}) {
    const Buffer of = bytes(hex);
    return field_text({"x", 0, of.size(), kind, "", values}, of);
  };
  EXPECT_EQ(text(FieldKind::number, "010203"), "197121");
  EXPECT_EQ(text(FieldKind::signed_number, "ff"), "-1");
  EXPECT_EQ(text(FieldKind::signed_number, "0080"), "-32768");
  EXPECT_EQ(text(FieldKind::signed_number, "ffffffffffffff7f"), "9223372036854775807");
  EXPECT_EQ(text(FieldKind::hex, "010203"), "0x030201");
  EXPECT_EQ(text(FieldKind::flags, "00", kHealthStatus), "0x00");
  EXPECT_EQ(text(FieldKind::flags, "f1", kHealthStatus), "0xf1 (Maintenance Needed)");
  EXPECT_EQ(text(FieldKind::choice, "00", kMediaStatus), "0 (Normal)");
  EXPECT_EQ(text(FieldKind::choice, "ff", kMediaStatus), "255 (reserved)");
  EXPECT_EQ(text(FieldKind::uuid, "0da9c0b5bf414b788f7996b1623b3f17"), "0da9c0b5-bf41-4b78-8f79-96b1623b3f17");
  EXPECT_EQ(text(FieldKind::text, "6378 0a 6c 00 ff"), "cx\\x0al");
  EXPECT_EQ(text(FieldKind::bytes, "00ff"), "00ff");
  EXPECT_EQ(text(FieldKind::nanoseconds, "0000000000000000"), "0 (never set)");
  EXPECT_EQ(text(FieldKind::nanoseconds, "0100000000000000"), "1 (1970-01-01 00:00:00.000000001 UTC)");
  EXPECT_EQ(text(FieldKind::nanoseconds, "ffffffffffffffff"),
            "18446744073709551615 (2554-07-21 23:34:33.709551615 UTC)");
  EXPECT_EQ(text(FieldKind::capacity_256mib, "0400000000000000"), "1 GiB");
  EXPECT_EQ(text(FieldKind::capacity_256mib, "0300000000000000"), "768 MiB");
  EXPECT_EQ(text(FieldKind::length_64b, "0100000000000000"), "64 bytes");
}

TEST(PayloadText, ShowsCapacitiesInTheLargestUnitThatFits) {
  EXPECT_EQ(capacity_text(0), "0 bytes");
  EXPECT_EQ(capacity_text(1023), "1023 bytes");
  EXPECT_EQ(capacity_text(1024), "1 KiB");
  EXPECT_EQ(capacity_text(1536), "1536 bytes");
  EXPECT_EQ(capacity_text(std::uint64_t{5} << 40), "5 TiB");
  EXPECT_EQ(capacity_text(std::uint64_t{1} << 63), "8 EiB");
}

// ------------------------------------------------------------------------------------------------------- event records

std::string event_record(std::string_view identifier, std::string_view data) {
  return std::string(identifier) + "80 020000 0100 0000" + zeros(8) + "00 00 0000 00" + zeros(11) + std::string(data) +
         zeros(80 - bytes(data).size());
}

TEST(PayloadText, ShowsTheHealthInsideOfAMemoryModuleRecord) {
  const Json decoded = decode_payload(layout<EventRecord>,
                                      bytes(event_record("fe927475dd594339a58679bab113b774",
                                                         "03 05 00 00 32 ecff 07000000 00000000 00000000 0100 6162")));
  EXPECT_EQ(decoded["event_record_data"]["device_event_type"].unsigned_integer(), 3U);
  EXPECT_EQ(decoded["event_record_data"]["device_health_information"].text(),
            R"({"health_status":5,"media_status":0,"additional_status":0,"life_used":50,"device_temperature":-20,)"
            R"("dirty_shutdown_count":7,"corrected_volatile_error_count":0,"corrected_persistent_error_count":0})");
  EXPECT_EQ(decoded["event_record_data"]["component_identifier"].string(), "6162" + zeros(14));
  const std::string lines = payload_lines(
      layout<EventRecord>, bytes(event_record("fe927475dd594339a58679bab113b774", "03 00 00 00 00 ecff")), 0);
  EXPECT_THAT(lines, testing::HasSubstr("\nevent_record_data\n  device_event_type "));
  EXPECT_THAT(lines, testing::HasSubstr("\n  device_health_information\n    health_status "));
  EXPECT_THAT(lines, testing::HasSubstr("\n    device_temperature                -20\n"));
}

TEST(PayloadText, ShowsMediaAndDramRecordsByTheirIdentifier) {
  const auto names = [](std::string_view identifier) {
    std::vector<std::string> found;
    const Json decoded = decode_payload(layout<EventRecord>, bytes(event_record(identifier, "")));
    for (const auto& [name, value] : decoded["event_record_data"].members()) found.push_back(name);
    return found;
  };
  EXPECT_THAT(names("fbcd0a77c260417f85a9088b1621eba6"), testing::Contains("corrected_memory_error_count_at_event"));
  EXPECT_THAT(names("601dcbb39c064eabb8af4e9bfb5c9624"), testing::Contains("bank_group"));
}

TEST(PayloadText, LeavesTheDataOfAnUnknownRecordAsBytes) {
  const Json decoded =
      decode_payload(layout<EventRecord>, bytes(event_record("00112233445566778899aabbccddeeff", "c0ffee")));
  EXPECT_EQ(decoded["event_record_identifier"].string(), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(decoded["event_record_data"].string(), "c0ffee" + zeros(77));
}

// --------------------------------------------------------------------------------------------------- short and surplus

TEST(PayloadText, ShowsWhatIsWholeOfAShortPayloadAndTheRestAsBytes) {
  EXPECT_EQ(json(layout<GetLsaIn>, "01000000 02000000"), R"({"offset":1,"length":2})");
  EXPECT_EQ(json(layout<GetLsaIn>, "01000000 0200"), R"({"offset":1,"surplus_bytes":"0200"})");
  EXPECT_EQ(json(layout<GetLsaIn>, "010000"), R"({"surplus_bytes":"010000"})");
  EXPECT_EQ(json(layout<GetLsaIn>, ""), "{}");
  EXPECT_EQ(payload_lines(layout<GetLsaIn>, bytes("010000000200"), 1), " offset  1\n surplus bytes: 0200\n");
}

TEST(PayloadText, ShowsSurplusBytes) {
  EXPECT_EQ(json(layout<GetLsaIn>, "01000000 02000000 ffee"), R"({"offset":1,"length":2,"surplus_bytes":"ffee"})");
  EXPECT_EQ(payload_lines(layout<GetLsaIn>, bytes("01000000 02000000 ffee"), 1),
            " offset  1\n length  2\n surplus bytes: ffee\n");
}

TEST(PayloadText, ShowsElementsAndWhatIsNoWholeOne) {
  const Layout& clear = input_of("clear-event-records");
  EXPECT_EQ(json(clear, "02 00 02 000000 0100 0200 03"),
            R"({"event_log":2,"clear_event_flags":0,"number_of_event_record_handles":2,)"
            R"("handles":[{"event_record_handle":1},{"event_record_handle":2}],"surplus_bytes":"03"})");
  EXPECT_EQ(json(clear, "02 00 02"),
            R"({"event_log":2,"clear_event_flags":0,"number_of_event_record_handles":2,"handles":[]})");
  EXPECT_EQ(payload_lines(clear, bytes("02 00 01 000000 0100 03")),
            "event_log                       2 (Failure)\n"
            "clear_event_flags               0x00\n"
            "number_of_event_record_handles  1\n"
            "handles[0]\n"
            "  event_record_handle  0x0001\n"
            "surplus bytes: 03\n");
}

TEST(PayloadText, ShowsDataAsHexOrDump) {
  const Layout& set = input_of("set-lsa");
  EXPECT_EQ(json(set, "04000000 00000000 6162"), R"({"offset":4,"data":"6162"})");
  EXPECT_EQ(json(set, "04000000 000000"), R"({"offset":4,"data":"","surplus_bytes":"000000"})");
  EXPECT_EQ(payload_lines(set, bytes("04000000 00000000 6162")),
            "offset    4\n"
            "00000000  61 62                                             |ab|\n");
}

// ------------------------------------------------------------------------------------------------------------ encoding

TEST(PayloadText, EncodesNamesOfChoicesAndFlags) {
  const Layout& clear = input_of("clear-event-records");
  EXPECT_EQ(encode(clear, {"event_log=failure"}), "020000000000");
  EXPECT_EQ(encode(clear, {"event-log=Dynamic Capacity"}), "040000000000");
  EXPECT_EQ(encode(clear, {"event_log=dynamic-capacity", "clear_event_flags=clear-all-events"}), "040100000000");
  EXPECT_EQ(encode(clear, {"event_log=7", "clear-event-flags=0xff"}), "07ff00000000");
}

TEST(PayloadText, CountsElementsUnlessTheirNumberIsGiven) {
  const Layout& clear = input_of("clear-event-records");
  EXPECT_EQ(encode(clear, {"handles=1,2,0x1234"}), "000003000000010002003412");
  EXPECT_EQ(encode(clear, {"handles=1,2", "number_of_event_record_handles=5"}), "00000500000001000200");
  EXPECT_EQ(encode(clear, {"number-of-event-record-handles=0", "handles=9"}), "0000000000000900");
  EXPECT_EQ(encode(clear, {"handles="}), "000000000000");
  EXPECT_EQ(encode(clear, {"handles=1,x"}),
            "<event_record_handle: \"x\" is not a size; write it as 256M, 1.5G or 0x10000000 (suffixes k M G T P E)>");
  std::string many = "1";
  for (int i = 1; i < 255; ++i) many += ",1";
  EXPECT_EQ(encode(clear, {"handles=" + many}).substr(0, 12), "0000ff000000");
  EXPECT_EQ(encode(clear, {"handles=" + many + ",1"}),
            "<number_of_event_record_handles: 256 does not fit into 1 bytes>");
}

TEST(PayloadText, EncodesUuids) {
  EXPECT_EQ(encode(input_of("get-log"), {"log_identifier=0da9c0b5-bf41-4b78-8f79-96b1623b3f17", "length=8"}),
            "0da9c0b5bf414b788f7996b1623b3f17" + zeros(4) + "08000000");
  EXPECT_EQ(encode(input_of("get-log"), {"log_identifier=cel"}), "<log_identifier: \"cel\" is no UUID>");
}

TEST(PayloadText, EncodesData) {
  const Layout& set = input_of("set-lsa");
  EXPECT_EQ(encode(set, {"data=ab=c"}), zeros(8) + "61623d63");
  EXPECT_EQ(encode(set, {"data="}), zeros(8));
  EXPECT_EQ(encode(set, {"offset=16", "data=hex:00 ff"}),
            "1000000000000000"
            "00ff");
  EXPECT_EQ(encode(set, {"data=hex:0"}), "<\"0\" is not hexadecimal>");
  EXPECT_EQ(encode(set, {"data=@labels.bin"}), "<cannot read labels.bin>");
  const std::vector<std::string> arguments = {"data=@labels.bin"};
  const auto read = encode_payload(
      set, arguments, [](const std::string& path) -> Result<Buffer> { return to_buffer(bytes_of("<" + path + ">")); });
  EXPECT_EQ(to_hex(read.value()), zeros(8) + to_hex(bytes_of(std::string_view("<labels.bin>"))));
}

TEST(PayloadText, EncodesSizesWithSuffixes) {
  EXPECT_EQ(encode(input_of("get-lsa"), {"offset=4k", "length=0x10"}), "0010000010000000");
}

TEST(PayloadText, EncodesNegativeTemperatures) {
  const auto temperature = [](std::string_view text) {
    const std::string payload = encode(layout<GetHealthInfoOut>, {"device_temperature=" + std::string(text)});
    return payload.starts_with('<') ? payload : payload.substr(8, 4);
  };
  EXPECT_EQ(temperature("-40"), "d8ff");
  EXPECT_EQ(temperature("32767"), "ff7f");
  EXPECT_EQ(temperature("-32768"), "0080");
  EXPECT_EQ(temperature("32768"), "<device_temperature: 32768 does not fit into 2 bytes>");
  EXPECT_EQ(temperature("-32769"), "<device_temperature: -32769 does not fit into 2 bytes>");
  EXPECT_EQ(temperature("warm"), "<device_temperature: \"warm\" is not a whole number; write it as 12 or 0x0c>");
}

TEST(PayloadText, EncodesCapacitiesInTheirUnits) {
  EXPECT_EQ(encode(layout<GetPartitionInfoOut>, {"active_volatile_capacity_256mib=1G"}),
            "0400000000000000" + zeros(24));
  EXPECT_EQ(encode(layout<GetPartitionInfoOut>, {"active_volatile_capacity_256mib=1M"}),
            "<active_volatile_capacity_256mib: \"1M\" is no multiple of 256M>");
  static constexpr auto kFields = std::to_array<Field>({{"lines", 0, 8, FieldKind::length_64b, ""}});
  const Layout lines{"Lines", 8, kFields, {}, nullptr};
  EXPECT_EQ(encode(lines, {"lines=4k"}), "4000000000000000");
  EXPECT_EQ(encode(lines, {"lines=65"}), "4100000000000000");
  EXPECT_EQ(encode(lines, {"lines=0x10"}), "1000000000000000");
}

TEST(PayloadText, EncodesBytesAndText) {
  EXPECT_EQ(encode(layout<GeneralMediaEventData>, {"component_identifier=c0ffee"}).substr(2 * 18, 8), "c0ffee00");
  EXPECT_EQ(encode(layout<GeneralMediaEventData>, {"component_identifier=coffee!"}),
            "<component_identifier: \"coffee!\" is not hexadecimal>");
  EXPECT_EQ(encode(layout<GeneralMediaEventData>, {"component_identifier=" + zeros(17)}),
            "<component_identifier: is at most 16 bytes>");
  EXPECT_EQ(encode(layout<IdentifyMemoryDeviceOut>, {"fw_revision=abc"}).substr(0, 8), "61626300");
}

TEST(PayloadText, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(encode(input_of("get-lsa"), {"offset=4294967295"}), "ffffffff00000000");
  EXPECT_EQ(encode(input_of("get-lsa"), {"offset=4G"}), "<offset: 4294967296 does not fit into 4 bytes>");
  EXPECT_EQ(encode(input_of("get-event-records"), {"event_log=256"}), "<event_log: 256 does not fit into 1 bytes>");
  EXPECT_EQ(encode(layout<GeneralMediaEventData>, {"device=0x1000000"}),
            "<device: 16777216 does not fit into 3 bytes>");
  EXPECT_EQ(encode(input_of("set-timestamp"), {"timestamp=18446744073709551615"}), "ffffffffffffffff");
  EXPECT_EQ(encode(input_of("set-timestamp"), {"timestamp=18446744073709551616"}),
            "<timestamp: \"18446744073709551616\" does not fit in 64 bits>");
  EXPECT_EQ(encode(input_of("get-lsa"), {"offset=-1"}), "<offset: \"-1\" is negative; a size is not>");
}

TEST(PayloadText, NamesTheNearestFieldAndValue) {
  EXPECT_EQ(encode(input_of("get-lsa"), {"ofset=1"}),
            "<the command has no field \"ofset\"; did you mean \"offset\"? (it has offset, length)>");
  EXPECT_EQ(encode(input_of("set-lsa"), {"reserved=1"}),
            "<the command has no field \"reserved\" (it has offset, data)>");
  EXPECT_EQ(encode(input_of("identify"), {"offset=1"}),
            "<the command takes no \"offset\": its input payload is empty>");
  EXPECT_EQ(encode(input_of("get-event-records"), {"event_log=failur"}),
            "<event_log: \"failur\" is no value of event_log; did you mean \"failure\"?>");
  EXPECT_EQ(encode(input_of("get-lsa"), {"offset"}), "<\"offset\": write it as field=value>");
  EXPECT_EQ(encode(input_of("get-lsa"), {""}), "<\"\": write it as field=value>");
}

TEST(PayloadText, NamesCommandsAsTheyAreTyped) {
  EXPECT_EQ(command_name("Get Health Info"), "get-health-info");
  EXPECT_EQ(command_name("Get Supported Logs Sub-List"), "get-supported-logs-sub-list");
  EXPECT_EQ(command_name(""), "");
}

}  // namespace
}  // namespace cxlemu::decode
