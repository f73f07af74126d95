// `cxlemu demo`: what a user would type, typed for them, and every result looked at by another way than it was made by.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>

#include "app/commands/subcommand.hpp"
#include "app/exit_code.hpp"
#include "app/qmp_client.hpp"
#include "app/shim.hpp"
#include "app/text.hpp"
#include "base/hex.hpp"
#include "os/event_loop.hpp"
#include "os/file.hpp"
#include "os/process.hpp"
#include "qmp/arguments.hpp"

namespace cxlemu::app {
namespace {

namespace fs = std::filesystem;
using qmp::number_of;

constexpr std::size_t kMaximumOutput = 16 << 20;
constexpr std::size_t kLabels = 256 << 10;  // bytes, as in the topology file

class Demo {
 public:
  int run();

 private:
  struct Ran {
    int status = -1;
    std::string output;
    [[nodiscard]] bool has(std::string_view text) const { return output.find(text) != std::string::npos; }
  };

  Result<void> start_lab();
  void find_device();
  Buffer read_labels();
  void write_labels();
  void fill_and_sanitize();
  void abort_and_recover();
  void overflow_events();
  void update_firmware();
  void overflow_poison();
  Json response_of(std::vector<std::string> words);
  void count_packets();
  void end_lab();

  void step(std::string_view what) { print_line(fmt::format("\n=== {} ===", what)); }
  void check(bool good, std::string_view what) {
    print_line(fmt::format("  {} {}", good ? "[ok]  " : "[FAIL]", what));
    failed_ += good ? 0 : 1;
  }
  // Runs `cxlemu WORDS` and shows the command and what it printed.
  Ran cxlemu(std::vector<std::string> words, bool show_output = true);
  // As cxlemu(), with the terminal of its own so that progress is seen.
  int cxlemu_live(std::vector<std::string> words);
  Json call(std::string_view command, const Json& arguments) {
    const auto answer = client_->call(command, arguments);
    if (!answer) check(false, fmt::format("{}: {}", command, answer.error().message));
    return answer ? *answer : Json();
  }
  Json lab() { return call("cxlemu-query-lab", Json::object()); }
  std::string read_media(std::uint64_t dpa, std::uint64_t length);
  [[nodiscard]] std::vector<std::string> with_lab(std::vector<std::string> words) const;

  std::string name_ = "demo";
  fs::path topology_;
  fs::path scratch_;
  std::optional<os::Child> lab_;
  std::optional<QmpClient> client_;
  int failed_ = 0;
};

fs::path find_example(std::string_view name) {
  const fs::path installed = fs::path(os::own_executable()).parent_path() / CXLEMU_INSTALLED_EXAMPLES / name;
  std::error_code ignored;
  return fs::exists(installed, ignored) ? installed : fs::path(CXLEMU_SOURCE_EXAMPLES) / name;
}

std::vector<std::string> Demo::with_lab(std::vector<std::string> words) const {
  // Packing a file needs no lab.
  if (words.front() != "firmware") words.insert(words.begin() + 1, {"--lab", name_});
  words.insert(words.begin(), os::own_executable());
  return words;
}

Demo::Ran Demo::cxlemu(std::vector<std::string> words, bool show_output) {
  print_line(fmt::format("$ cxlemu {}", fmt::join(words, " ")));
  std::fflush(stdout);
  const auto command = with_lab(std::move(words));
  Ran ran;
  auto child = os::Child::start(command, {}, os::Output::captured);
  if (!child) {
    check(false, child.error().message);
    return ran;
  }
  ran.output = child->read_output(kMaximumOutput).value_or("");
  ran.status = child->wait().value_or(-1);
  if (show_output) print(ran.output);
  return ran;
}

int Demo::cxlemu_live(std::vector<std::string> words) {
  print_line(fmt::format("$ cxlemu {}", fmt::join(words, " ")));
  std::fflush(stdout);
  return os::spawn_and_wait(with_lab(std::move(words))).value_or(-1);
}

std::string Demo::read_media(std::uint64_t dpa, std::uint64_t length) {
  return std::string(
      call("cxlemu-read-media", Json::object({{"path", "mem0"}, {"dpa", dpa}, {"length", length}}))["data"]
          .string()
          .value_or("nothing"));
}

Result<void> Demo::start_lab() {
  step("A lab: one CXL memory device, from a topology file");
  topology_ = find_example("one-device.toml");
  print_line(fmt::format("$ cxlemu run {} --name {} --clock=real &", topology_.string(), name_));
  std::fflush(stdout);
  const auto started = os::EventLoop::monotonic_now();
  const std::vector<std::string> command = {os::own_executable(), "run", topology_.string(), "--name", name_,
                                            "--clock=real"};
  lab_.emplace(TRY(os::Child::start(command, {}, os::Output::discarded)));
  for (int attempt = 0; attempt < 1'000 && !client_; ++attempt) {
    if (auto client = QmpClient::connect(name_)) {
      client_.emplace(std::move(*client));
    } else {
      os::sleep_for(std::chrono::milliseconds(2));
    }
  }
  if (!client_) return failure(fmt::format("the lab did not start (cxlemu run {})", topology_.string()));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(os::EventLoop::monotonic_now() - started);
  check(true, fmt::format("it answered {} ms after it was started", took.count()));
  return {};
}

void Demo::find_device() {
  step("Find the device, over MCTP and through the mailbox");
  check(cxlemu({"list"}).has("1:8"), "mem0 has an MCTP endpoint at network 1, EID 8");
  check(cxlemu({"cci", "mem0", "identify"}).has("Type 3 Device"), "it is a Type 3 device (0001h, MCTP)");
  const auto mailbox = cxlemu({"cci", "mem0", "identify-memory-device", "--via", "mailbox", "--json"}, false);
  const auto mctp = cxlemu({"cci", "mem0", "identify-memory-device", "--via", "mctp", "--json"}, false);
  const Json one = Json::parse(mailbox.output).value_or(Json());
  const Json other = Json::parse(mctp.output).value_or(Json());
  check(one["payload"].string().has_value() && one["payload"] == other["payload"],
        "Identify Memory Device (4000h) gives the same 69 bytes on both CCIs");
}

Buffer Demo::read_labels() {
  // By a file: what the program prints has its progress in it, on a slow machine.
  const fs::path copy = scratch_ / "labels.bin";
  cxlemu({"cci", "mem0", "get-lsa", "--via", "mailbox", "--output", copy.string()});
  return os::read_file(copy, kMaximumOutput).value_or(Buffer{});
}

void Demo::write_labels() {
  step("Write a file into the label area over MCTP, read it back through the mailbox");
  const auto file = os::read_file(topology_, kMaximumOutput).value_or(Buffer{});
  const auto set = cxlemu({"cci", "mem0", "set-lsa", "offset=0", "data=@" + topology_.string(), "--via", "mctp"});
  check(set.status == 0,
        fmt::format("{} bytes of {} written (4103h, MCTP)", file.size(), topology_.filename().string()));
  Buffer labels = read_labels();
  const bool whole = labels.size() == kLabels;
  labels.resize(std::min(labels.size(), file.size()));
  check(whole && !file.empty() && labels == file, "the 256 KiB read back (4102h, mailbox) begin with the file's bytes");
}

void Demo::fill_and_sanitize() {
  step("Fill media, then sanitize it");
  constexpr std::uint64_t kPersistent = 512ULL << 20;
  const std::string pattern = "deadbeef";
  for (const std::uint64_t dpa : {std::uint64_t{0}, kPersistent - 1024, 2 * kPersistent - 4096}) {
    cxlemu({"qmp", "cxlemu-write-media", "path=mem0", fmt::format("dpa={:#x}", dpa), "data=" + pattern, "length=4096"},
           false);
    check(read_media(dpa, 4) == pattern, fmt::format("a host reads the pattern at DPA {:#x}", dpa));
  }
  cxlemu({"qmp", "cxlemu-set", "path=mem0", "opcode=sanitize", "background-duration=2s"}, false);
  const int status = cxlemu_live({"cci", "mem0", "sanitize", "--wait", "--via", "mctp"});
  check(status == 0, "Sanitize (4400h) ended with Success");
  const std::string zeros(2 * 4096, '0');
  for (const std::uint64_t dpa : {std::uint64_t{0}, kPersistent - 1024, 2 * kPersistent - 4096}) {
    check(read_media(dpa, 4096) == zeros, fmt::format("a host reads zeros at DPA {:#x}", dpa));
  }
  check(read_labels() == Buffer(kLabels), "no byte of the labels is left (4102h, mailbox)");
}

void Demo::abort_and_recover() {
  step("Abort a second Sanitize: media stays disabled until one succeeds");
  cxlemu({"qmp", "cxlemu-set", "path=mem0", "opcode=sanitize", "stall-at=40", "background-duration=100ms"}, false);
  check(cxlemu({"cci", "mem0", "sanitize", "--via", "mctp"}).has("Background Command Started"), "it was started");
  check(cxlemu({"cci", "mem0", "get-lsa", "offset=0", "length=16", "--via", "mailbox"}).has("Media Disabled"),
        "Get LSA is refused meanwhile (07h), on the other CCI too");
  check(cxlemu({"cci", "mem0", "request-abort-background-operation", "--via", "mctp"}).status == 0,
        "Request Abort Background Operation (0005h) is a success");
  const auto status = cxlemu({"cci", "mem0", "background-operation-status"});
  check(status.has("Aborted"), "its result is 12h");
  const auto refused = cxlemu({"qmp", "cxlemu-write-media", "path=mem0", "dpa=0", "data=00"});
  check(refused.status == kRefused && refused.has("disabled"), "a host cannot reach media");
  check(cxlemu_live({"cci", "mem0", "sanitize", "--wait", "--via", "mailbox"}) == 0, "a new Sanitize succeeds");
  check(cxlemu({"qmp", "cxlemu-write-media", "path=mem0", "dpa=0", "data=c0ffee"}, false).status == 0 &&
            read_media(0, 3) == "c0ffee",
        "and media is there again");
}

void Demo::overflow_events() {
  step("Overflow an event log and clear it");
  print_line("$ for i in $(seq 70); do cxlemu qmp cxl-inject-general-media-event path=mem0 log=failure ...; done");
  for (int i = 0; i < 70; ++i) {
    call("cxl-inject-general-media-event", Json::object({{"path", "mem0"},
                                                         {"log", "failure"},
                                                         {"flags", 0},
                                                         {"dpa", 64 * i},
                                                         {"descriptor", 1},
                                                         {"type", 0},
                                                         {"transaction-type", 1}}));
  }
  const auto records = cxlemu({"cci", "mem0", "get-event-records", "event_log=failure", "--json"}, false);
  const Json response = Json::parse(records.output).value_or(Json())["response"];
  check(number_of(response["overflow_error_count"]) == 6, "the log holds 64 records, and 6 were lost (0100h)");
  const auto over_mctp =
      cxlemu({"cci", "mem0", "get-event-records", "event_log=failure", "--via", "mctp", "--json"}, false);
  const Json seven = Json::parse(over_mctp.output).value_or(Json())["response"];
  check(number_of(seven["event_record_count"]) == 7 && number_of(seven["flags"]) == 3,
        "over MCTP 7 of them fit a message of 1 KiB, with Overflow and More Event Records set");
  check(cxlemu({"cci", "mem0", "clear-event-records", "event_log=failure", "clear_event_flags=clear-all-events",
                "--via", "mctp"})
                .status == 0,
        "Clear All Events (0101h, MCTP) is a success");
  const Json ccis = lab()["devices"].elements().front()["ccis"];
  check(number_of(ccis["mctp"]["events"]["failure"]["records"]) == 0 &&
            number_of(ccis["mailbox"]["events"]["failure"]["records"]) == 64,
        "the log of the MCTP CCI is empty, that of the mailbox is its own and still full");
}

// The decoded response of a `cxlemu cci` command.
Json Demo::response_of(std::vector<std::string> words) {
  words.insert(words.begin(), {"cci", "mem0"});
  words.push_back("--json");
  return Json::parse(cxlemu(std::move(words), false).output).value_or(Json())["response"];
}

void Demo::update_firmware() {
  step("Update firmware from a file, activate it; a corrupt one is refused, one is aborted in its middle");
  // A file that is always there, and some hundred parts long.
  const std::string shim = find_shim().value_or(topology_).string();
  const std::string package = (scratch_ / "new.fw").string();
  const std::string corrupt = (scratch_ / "corrupt.fw").string();
  check(cxlemu({"firmware", "pack", "--revision", "demo-2.0", "--output", package, shim}, false).status == 0,
        "a file was packed as firmware of revision demo-2.0");
  check(cxlemu_live({"cci", "mem0", "transfer-fw", package, "--via", "mctp"}) == 0,
        "it was transferred over MCTP, in parts of 896 bytes (0201h)");
  check(cxlemu({"cci", "mem0", "activate-fw", "action=online", "slot=2"}, false).status == 0, "and activated (0202h)");
  check(response_of({"get-fw-info", "--via", "mailbox"})["slot_2_fw_revision"].text() == "\"demo-2.0\"" &&
            response_of({"identify-memory-device"})["fw_revision"].text() == "\"demo-2.0\"",
        "Get FW Info (0200h, mailbox) and Identify Memory Device (4000h) show it");
  auto bytes = os::read_file(package, kMaximumOutput).value_or(Buffer(1));
  bytes[bytes.size() / 2] ^= std::byte{1};
  check(os::write_file_atomically(corrupt, bytes).has_value() &&
            cxlemu({"cci", "mem0", "transfer-fw", corrupt, "slot=1", "--via", "mailbox"}).has("FW Verification Failed"),
        "with one bit changed it is refused (0Ah)");
  cxlemu({"cci", "mem0", "transfer-fw", "action=initiate-fw-transfer", "data=hex:" + std::string(256, '0'), "--via",
          "mctp"},
         false);
  const auto in_progress = [this] {
    return call("cxlemu-query-firmware", Json::object({{"path", "mem0"}}))["transfer"]["in-progress"].boolean();
  };
  const bool began = in_progress().value_or(false);
  cxlemu({"cci", "mem0", "transfer-fw", "action=abort-transfer", "--via", "mctp"}, false);
  check(began && !in_progress().value_or(true), "a transfer that was begun is aborted");
  check(response_of({"get-fw-info"})["slot_1_fw_revision"].text() == "\"cxlemu-1.0\"", "slot 1 is as it was");
}

void Demo::overflow_poison() {
  step("Poison media until the list overflows, scan it, page through the results");
  const auto list = [this] {
    return call("cxlemu-query-poison", Json::object({{"path", "mem0"}, {"limit", 0}}))["list"];
  };
  const std::uint64_t limit = number_of(list()["limit"]);
  print_line(fmt::format(
      "$ for i in $(seq 0 {}); do cxlemu qmp cxl-inject-poison path=mem0 start=$((i * 4096)) length=64; done", limit));
  for (std::uint64_t i = 0; i <= limit; ++i) {
    call("cxl-inject-poison", Json::object({{"path", "mem0"}, {"start", i * 4096}, {"length", 64}}));
  }
  const Json all = call("cxlemu-query-lab", Json::object())["devices"].elements().front();
  const std::uint64_t bytes = number_of(all["volatile-capacity"]) + number_of(all["persistent-capacity"]);
  const std::string length = fmt::format("physical_address_length_64b={}", bytes / 64);
  const auto overflowed = [&] {
    return (number_of(response_of({"get-poison-list", "physical_address=1", length})["poison_list_flags"]) & 2) != 0;
  };
  check(overflowed(), fmt::format("{} records fill the list, the next one overflows it (4300h)", limit));
  const auto read = cxlemu({"qmp", "cxlemu-read-media", "path=mem0", fmt::format("dpa={}", limit * 4096), "length=4"});
  check(read.status == kRefused && read.has("poisoned"), "a host that reads what did not fit is told of poison, too");
  check(cxlemu_live({"cci", "mem0", "scan-media", length, "--wait", "--via", "mctp"}) == 0,
        "Scan Media (4304h) succeeds");
  std::uint64_t pages = 0;
  std::uint64_t records = 0;
  for (bool more = true; more && pages < 100; ++pages) {
    const Json page = response_of({"get-scan-media-results", "--via", "mctp"});
    records += number_of(page["media_error_record_count"]);
    more = (number_of(page["scan_media_flags"]) & 1) != 0;
  }
  check(records == limit + 1 && pages > 1,
        fmt::format("its {} results come in {} pages of 1 KiB (4305h)", limit + 1, pages));
  check(cxlemu({"cci", "mem0", "clear-poison", "physical_address=0"}, false).status == 0 && overflowed(),
        "one address is cleared (4302h); the list that overflowed stays as it is");
  check(cxlemu_live({"cci", "mem0", "scan-media", length, "scan_media_flags=no-event-log", "--wait"}) == 0 &&
            !overflowed() && number_of(list()["records"]) == limit,
        "after another scan over all capacity the list is whole again");
  const Json records_told = response_of({"get-event-records", "event_log=failure", "--via", "mctp"})["records"];
  const Json events =
      call("cxlemu-query-events", Json::object({{"path", "mem0"}, {"log", "failure"}, {"via", "mctp"}}))["failure"];
  const auto& told = records_told.elements();
  const auto& kept = events["records"].elements();
  check(told.size() == 7 && kept.size() == 64 && std::ranges::equal(told, std::span(kept).first(7)) &&
            number_of(told[1]["event_record_data"]["physical_address"]) == (4096 | 1),
        "each was told of by a General Media Event in the failure log, until that was full (0100h)");
}

void Demo::count_packets() {
  step("What passed are real MCTP packets");
  const auto counters = [this] {
    const Json counted = lab()["devices"].elements().front()["endpoint"]["counters"];
    return std::pair(number_of(counted["packets-received"]), number_of(counted["packets-sent"]));
  };
  const auto [received, sent] = counters();
  cxlemu({"cci", "mem0", "get-lsa", "offset=0", "length=1000", "--via", "mctp", "--raw"}, false);
  const auto [received_after, sent_after] = counters();
  // Type byte, CCI header and payload, in units of 64 bytes.
  constexpr std::uint64_t kRequest = (1 + 12 + 8 + 63) / 64;
  constexpr std::uint64_t kResponse = (1 + 12 + 1000 + 63) / 64;
  print_line(
      fmt::format("  endpoint 1:8 received {} packet(s) and sent {}", received_after - received, sent_after - sent));
  check(received_after - received == kRequest && sent_after - sent == kResponse,
        fmt::format("a request of 21 bytes is {} packet, a response of 1013 bytes are {}", kRequest, kResponse));
}

void Demo::end_lab() {
  step("The end");
  call("quit", Json::object());
  check(lab_->wait().value_or(-1) == 0, "the lab ended in order");
}

int Demo::run() {
  std::error_code error;
  scratch_ = fs::temp_directory_path(error) / fmt::format("cxlemu-demo-{}", os::own_process());
  name_ = fmt::format("demo-{}", os::own_process());
  fs::create_directories(scratch_, error);
  if (const auto started = start_lab(); !started) {
    print_error(started.error().message);
    return kNoLab;
  }
  find_device();
  write_labels();
  fill_and_sanitize();
  abort_and_recover();
  overflow_events();
  update_firmware();
  overflow_poison();
  count_packets();
  end_lab();
  fs::remove_all(scratch_, error);
  print_line(failed_ == 0 ? "\nAll of it is as it says."
                          : fmt::format("\n{} of the results are not as they should be.", failed_));
  return failed_ == 0 ? kSuccess : kRefused;
}

}  // namespace

constexpr Subcommand kDemoCommand{
    .name = "demo",
    .summary = "the whole story on one screen, no set-up",
    .declare = [](CLI::App&) -> std::function<int()> { return [] { return Demo().run(); }; },
};

}  // namespace cxlemu::app
