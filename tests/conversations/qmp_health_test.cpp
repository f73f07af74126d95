// What QMP shows and changes of the condition of a device.
#include "support/qmp.hpp"

namespace cxlemu {
namespace {

TEST(QmpSetHealth, ChangesWhatIsGivenAndTellsOfIt) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("cxlemu-set-health", R"({"path":"mem0","temperature":80,"life-used":76})"), "{}");
  EXPECT_EQ(lab.command(cci::kMctp, 0x4200), "0000054c5000000000000000000000000000");
  const Json events = lab.value("cxlemu-query-events", R"({"path":"mem0","log":"warning"})")["warning"]["records"];
  ASSERT_EQ(events.elements().size(), 2U);
  EXPECT_EQ(events.elements()[0]["event_record_data"]["device_event_type"].unsigned_integer(), 2U);
  EXPECT_EQ(events.elements()[1]["event_record_data"]["device_event_type"].unsigned_integer(), 3U);
}

TEST(QmpSetHealth, TakesEachOfItsArguments) {
  QmpLab lab;
  lab.value("cxlemu-set-health",
            R"({"path":"mem0","temperature":-5,"health-status":8,"media-status":4,)"
            R"("corrected-volatile-errors":1,"corrected-persistent-errors":2,"dirty-shutdowns":3})");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x4200), "08040801fbff030000000100000002000000");
}

TEST(QmpSetHealth, RefusesWhatNoDeviceTells) {
  QmpLab lab;
  const auto refused = [&](std::string_view what) {
    return lab.refused("cxlemu-set-health", R"({"path":"mem0")" + std::string(what) + "}");
  };
  EXPECT_EQ(refused(""), "nothing to set: give temperature, life-used or another argument");
  EXPECT_EQ(refused(R"(,"life-used":101)"), "parameter \"life-used\" is from 0 to 100, or 255");
  EXPECT_EQ(refused(R"(,"health-status":16)"), "parameter \"health-status\" is from 0 to 15");
  EXPECT_EQ(refused(R"(,"media-status":10)"), "parameter \"media-status\" is from 0 to 9");
}

TEST(QmpQueryHealth, ShowsHealthAlertsShutdownAndQos) {
  QmpLab lab;
  lab.command(cci::kMailbox, 0x4204, "01");
  const Json shown = lab.value("cxlemu-query-health", R"({"path":"mem0"})");
  EXPECT_EQ(shown["health"]["device_temperature"].signed_integer(), 40);
  EXPECT_EQ(shown["alerts"]["over_temperature_critical_alert_threshold"].signed_integer(), 85);
  EXPECT_EQ(shown["shutdown"].text(), R"("dirty")");
  EXPECT_EQ(shown["qos"]["backpressure_average_percentage"].unsigned_integer(), 0U);
}

}  // namespace
}  // namespace cxlemu
