#include "options/topology_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <utility>

#include "options/properties.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"

namespace cxlemu::options {
namespace {

using text::did_you_mean;
using text::printable;
using text::quoted;

/// A key with its value; toml++ keeps tables sorted by key, and a lab has the order of its file.
struct Entry {
  const toml::key* key;
  const toml::node* value;
  [[nodiscard]] toml::source_position position() const { return key->source().begin; }
  [[nodiscard]] std::string_view name() const { return key->str(); }
};

std::vector<Entry> in_file_order(const toml::table& table) {
  std::vector<Entry> entries;
  for (const auto& [key, value] : table) entries.push_back({&key, &value});
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return std::pair(a.position().line, a.position().column) < std::pair(b.position().line, b.position().column);
  });
  return entries;
}

/// Where the string that begins at `begin` ends; without its closing quote, where its line ends.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  std::size_t at = begin + 1;
  while (at < text.size() && text[at] != quote && text[at] != '\n') {
    const bool is_escape = quote == '"' && text[at] == '\\';
    at += is_escape ? 2U : 1U;
  }
  if (at >= text.size()) return text.size();
  return text[at] == quote ? at + 1 : at;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x7F; });
}

struct Refusal {
  std::size_t line;
  std::string reason;
};

/// What toml++ 3.3 must not see, although none of it is needed in a lab:
/// - a dotted key of many parts: each is one more table, and tables are destroyed by recursion, so that a long key
/// would
///   exhaust the stack (brackets inside each other are bounded, by 256);
/// - characters outside ASCII, except in comments: its test for white space is undefined for some of them;
/// - multi-line strings, so that strings and keys can be told apart here line by line.
std::optional<Refusal> find_refused(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::size_t line = 1;
  std::size_t parts = 1;
  for (std::size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; at < text.size();) {
    const char c = text[at];
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    const bool is_string = c == '"' || c == '\'';
    if (is_string && text.substr(at, 3) == std::string(3, c)) {
      return Refusal{line, "a multi-line string; write it on one line"};
    }
    const std::size_t end = is_string ? end_of_string(text, at) : at + 1;
    if (!is_ascii(text.substr(at, end - at))) {
      return Refusal{line, "a character outside ASCII; write it as \\uXXXX in double quotes"};
    }
    if (c == '.' && ++parts > kMaximumKeyParts) {
      return Refusal{line, fmt::format("a key of more than {} parts", kMaximumKeyParts)};
    }
    if (std::string_view("=[]{},\n").contains(c)) parts = 1;
    if (c == '\n') ++line;
    at = end;
  }
  return std::nullopt;
}

class Reader {
 public:
  explicit Reader(std::string_view file_name) : file_name_(file_name) {}

  Result<TopologyFile> read(const toml::table& root) {
    constexpr std::array<std::string_view, 3> kTables = {"object", "device", "lab"};
    for (const Entry& entry : in_file_order(root)) {
      const toml::table* table = entry.value->as_table();
      if (std::ranges::find(kTables, entry.name()) == kTables.end()) {
        return failure(fmt::format("{}: unknown table {}{}", place(entry), quoted(entry.name()),
                                   did_you_mean(entry.name(), kTables)));
      }
      if (!table) return failure(fmt::format("{}: {} is a table", place(entry), entry.name()));
      if (entry.name() == "lab") {
        TRY_VOID(read_lab(*table));
      } else {
        const auto kind = entry.name() == "object" ? DeclarationKind::object : DeclarationKind::device;
        for (const Entry& declared : in_file_order(*table)) collected_.push_back({kind, declared});
      }
    }
    return read_declarations();
  }

 private:
  struct Collected {
    DeclarationKind kind;
    Entry entry;
  };

  [[nodiscard]] std::string place(const Entry& entry) const {
    return fmt::format("{}:{}", file_name_, entry.position().line);
  }

  Result<void> read_lab(const toml::table& table) {
    constexpr std::array<std::string_view, 2> kKeys = {"name", "clock"};
    for (const Entry& entry : in_file_order(table)) {
      if (std::ranges::find(kKeys, entry.name()) == kKeys.end()) {
        return failure(fmt::format("{}: [lab] has no property {}{}", place(entry), quoted(entry.name()),
                                   did_you_mean(entry.name(), kKeys)));
      }
      const toml::value<std::string>* value = entry.value->as_string();
      if (!value) return failure(fmt::format("{}: {} is not text", place(entry), entry.name()));
      if (entry.name() == "name") {
        if (!is_identifier(value->get())) {
          return failure(
              fmt::format("{}: {} is not a name: a letter, then letters, digits, - . _, at most {} characters",
                          place(entry), quoted(value->get()), kMaximumIdentifierLength));
        }
        file_.lab.name = value->get();
      } else {
        const auto clock = parse_lab_clock(value->get());
        if (!clock) return failure(fmt::format("{}: {}", place(entry), clock.error().message));
        file_.lab.clock = *clock;
      }
    }
    return {};
  }

  /// [object.ID] and [device.ID] may alternate in the file.
  Result<TopologyFile> read_declarations() {
    std::ranges::sort(collected_, [](const Collected& a, const Collected& b) {
      const auto left = a.entry.position();
      const auto right = b.entry.position();
      return std::pair(left.line, left.column) < std::pair(right.line, right.column);
    });
    for (const Collected& collected : collected_) {
      if (file_.declarations.size() == kMaximumDeclarations) {
        return failure(fmt::format("{}: more than {} declarations", place(collected.entry), kMaximumDeclarations));
      }
      file_.declarations.push_back(TRY(read_declaration(collected)));
    }
    return std::move(file_);
  }

  Result<Declaration> read_declaration(const Collected& collected) {
    const auto& [kind, entry] = collected;
    Declaration declaration{.kind = kind, .type = {}, .properties = {}, .place = place(entry)};
    const std::string header = fmt::format("[{}.{}]", name_of(kind), printable(entry.name()));
    const toml::table* table = entry.value->as_table();
    if (!table) return failure(fmt::format("{}: {} is a table", declaration.place, header));
    declaration.properties.push_back({.name = "id", .text = std::string(entry.name())});
    for (const Entry& property : in_file_order(*table)) {
      if (property.name() == "type") {
        const toml::value<std::string>* type = property.value->as_string();
        if (!type) return failure(fmt::format("{}: type is not text", place(property)));
        declaration.type = type->get();
      } else {
        TRY_VOID(read_property(declaration, header, property));
      }
    }
    if (declaration.type.empty()) {
      return failure(fmt::format("{}: {} has no type; write type = \"{}\"", declaration.place, header,
                                 kind == DeclarationKind::object ? "memory-backend-ram" : "cxl-type3"));
    }
    return declaration;
  }

  Result<void> read_property(Declaration& declaration, const std::string& header, const Entry& entry) {
    if (entry.name() == "id") {
      return failure(fmt::format("{}: the id is the name of the table {}", place(entry), header));
    }
    if (entry.value->is_table()) {
      return failure(fmt::format("{}: {} has a table {} inside; an id with dots is quoted: [{}.\"a.b\"]", place(entry),
                                 header, quoted(entry.name()), name_of(declaration.kind)));
    }
    const toml::array* list = entry.value->as_array();
    if (!list) return add(declaration, entry, std::string(entry.name()), *entry.value);
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string name = fmt::format("{}.{}", entry.name(), i);
      if (const toml::table* element = list->get(i)->as_table()) {
        TRY_VOID(add_members(declaration, name, *element));
      } else {
        TRY_VOID(add(declaration, entry, name, *list->get(i)));
      }
    }
    return {};
  }

  /// An element of a list of tables: its keys are KEY.N.MEMBER, and lists in it KEY.N.MEMBER.M.
  Result<void> add_members(Declaration& declaration, const std::string& prefix, const toml::table& table) {
    for (const Entry& entry : in_file_order(table)) {
      const std::string name = fmt::format("{}.{}", prefix, entry.name());
      const toml::array* list = entry.value->as_array();
      if (!list) {
        TRY_VOID(add(declaration, entry, name, *entry.value));
        continue;
      }
      for (std::size_t i = 0; i < list->size(); ++i) {
        TRY_VOID(add(declaration, entry, fmt::format("{}.{}", name, i), *list->get(i)));
      }
    }
    return {};
  }

  Result<void> add(Declaration& declaration, const Entry& entry, std::string name, const toml::node& value) {
    Property property{.name = std::move(name), .text = {}, .place = place(entry)};
    if (const auto* text = value.as_string()) {
      property.text = text->get();
    } else if (const auto* number = value.as_integer()) {
      property.text = fmt::format("{}", number->get());
    } else if (const auto* flag = value.as_boolean()) {
      property.text = flag->get() ? "on" : "off";
    } else {
      return failure(fmt::format("{}: {} is neither text, a whole number nor a boolean; write it in quotes",
                                 property.place, quoted(property.name)));
    }
    if (declaration.properties.size() == kMaximumProperties) {
      return failure(fmt::format("{}: more than {} properties", property.place, kMaximumProperties));
    }
    declaration.properties.push_back(std::move(property));
    return {};
  }

  std::string_view file_name_;
  std::vector<Collected> collected_;
  TopologyFile file_;
};

}  // namespace

Result<LabClock> parse_lab_clock(std::string_view text) {
  constexpr std::array<std::string_view, 3> kNames = {"real", "virtual", "auto"};
  const auto found = std::ranges::find(kNames, text);
  if (found == kNames.end()) {
    return failure(fmt::format("clock: {} is none of real, virtual, auto{}", quoted(text), did_you_mean(text, kNames)));
  }
  return static_cast<LabClock>(found - kNames.begin());
}

Result<TopologyFile> parse_topology_file(std::string_view text, std::string_view file_name) {
  if (text.size() > kMaximumFileSize) {
    return failure(fmt::format("{}: longer than {} bytes", file_name, kMaximumFileSize));
  }
  if (const auto refused = find_refused(text)) {
    return failure(fmt::format("{}:{}: {}", file_name, refused->line, refused->reason));
  }
  // Debian's libtoml++ is built with exceptions, and this is the only place that sees one. It is built without
  // assertions too: 3.3 asserts what malformed input makes false ("[`"), where the code after it reports an error.
  try {
    const toml::table root = toml::parse(text, file_name);
    return Reader(file_name).read(root);
  } catch (const toml::parse_error& error) {
    return failure(fmt::format("{}:{}: {}", file_name, error.source().begin.line, printable(error.description())));
  }
}

}  // namespace cxlemu::options
