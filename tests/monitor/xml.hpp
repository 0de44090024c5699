#pragma once
/// A small reader of XML for the tests: throws unless the text is one well-formed element.

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kilter::test {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;
  std::vector<Element> children;

  /// All elements below (and this one) for which `keep` holds.
  template <class Keep>
  void collect(std::vector<const Element*>& out, const Keep& keep) const {
    if (keep(*this)) out.push_back(this);
    for (const auto& child : children) child.collect(out, keep);
  }
  [[nodiscard]] std::vector<const Element*> all(std::string_view wanted) const {
    std::vector<const Element*> out;
    collect(out, [wanted](const Element& e) { return e.name == wanted; });
    return out;
  }
  [[nodiscard]] std::vector<const Element*> with(const std::string& attribute) const {
    std::vector<const Element*> out;
    collect(out, [&](const Element& e) { return e.attributes.count(attribute) != 0; });
    return out;
  }
  [[nodiscard]] double number(const std::string& attribute) const { return std::stod(attributes.at(attribute)); }
};

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  Element read() {
    Element root = element();
    if (at_ != text_.size()) fail("text after the root");
    return root;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(what + " at " + std::to_string(at_)); }
  char next() {
    if (at_ >= text_.size()) fail("end of text");
    return text_[at_++];
  }
  bool accept(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  std::string name() {
    std::string out;
    while (at_ < text_.size() && std::string_view{" =/>\"<"}.find(text_[at_]) == std::string_view::npos) out += text_[at_++];
    if (out.empty()) fail("a name is missing");
    return out;
  }
  char character() {
    const char c = next();
    if (c == '<' || (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')) fail("a raw special character");
    if (c != '&') return c;
    for (const auto& [token, value] : {std::pair{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"#39;", '\''}}) {
      if (accept(token)) return value;
    }
    fail("an unknown entity");
  }
  Element element() {
    Element out;
    if (!accept("<")) fail("an element is missing");
    out.name = name();
    while (accept(" ")) {
      const std::string attribute = name();
      if (!accept("=\"")) fail("a value is missing");
      std::string value;
      while (!accept("\"")) value += character();
      if (!out.attributes.emplace(attribute, value).second) fail("an attribute twice");
    }
    if (accept("/>")) return out;
    if (!accept(">")) fail("a tag does not end");
    while (!accept("</")) {
      if (at_ < text_.size() && text_[at_] == '<')
        out.children.push_back(element());
      else
        out.text += character();
    }
    if (name() != out.name || !accept(">")) fail("a wrong end tag");
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

inline Element read_xml(std::string_view text) { return XmlReader{text}.read(); }

}  // namespace kilter::test
