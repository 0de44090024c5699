#pragma once
/// @file
/// `Page`: charts, tables and text as one HTML page that needs nothing else: no server, no network, no font.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/monitor/report_style.hpp"
#include "kilter/monitor/svg.hpp"
#include "kilter/monitor/table.hpp"
#include "kilter/monitor/text.hpp"

namespace kilter::monitor {

/// How something reads: colours a note, never alone (the words say it too).
enum class Tone : std::uint8_t { plain, good, warn, bad };

/// One number of a headline: `{.label = "Energy cost", .value = "$ 12,345", .note = "−23 % against reactive", .tone = Tone::good}`.
struct Fact {
  std::string label{};
  std::string value{};
  std::string note{};
  Tone tone = Tone::plain;
};

/// One line of a log: when, what, and why.
struct LogEntry {
  std::string time{};
  std::string text{};
  std::string detail{};
  Tone tone = Tone::plain;
};

namespace detail {
inline std::string_view tone_class(Tone tone) {
  switch (tone) {
    case Tone::good: return " good";
    case Tone::warn: return " warn";
    case Tone::bad: return " bad";
    case Tone::plain: break;
  }
  return "";
}
inline std::string element(std::string_view tag, std::string_view css_class, std::string_view text) {
  const std::string name{tag};
  return "<" + name + (css_class.empty() ? "" : " class=\"" + std::string{css_class} + "\"") + ">" + escape_xml(text) + "</" +
         name + ">";
}
}  // namespace detail

/// Blocks one below the other: the inside of a section or of something to unfold. Every text is escaped.
class Flow {
 public:
  Flow& heading(std::string_view text) { return block(detail::element("h3", {}, text)); }
  Flow& paragraph(std::string_view text) { return block(detail::element("p", {}, text)); }
  /// The chart with its caption below.
  template <Chart C>
  Flow& chart(const C& chart) {
    const std::string& caption = chart.frame().caption;
    return block("<figure>" + chart.svg() + (caption.empty() ? "" : detail::element("figcaption", {}, caption)) + "</figure>");
  }
  Flow& table(const Table& table) { return block(table.html()); }
  /// Large numbers side by side.
  Flow& facts(const std::vector<Fact>& facts) {
    std::string out = "<div class=\"facts\">";
    for (const auto& fact : facts) {
      out += "<div class=\"fact" + std::string{detail::tone_class(fact.tone)} + "\">" +
             detail::element("div", "label", fact.label) + detail::element("div", "value", fact.value) +
             (fact.note.empty() ? "" : detail::element("div", "note", fact.note)) + "</div>";
    }
    return block(out + "</div>");
  }
  Flow& list(const std::vector<std::string>& items) {
    std::string out = "<ul>";
    for (const auto& item : items) out += detail::element("li", {}, item);
    return block(out + "</ul>");
  }
  /// A log in the order given.
  Flow& timeline(const std::vector<LogEntry>& entries) {
    std::string out = "<ol class=\"timeline\">";
    for (const auto& entry : entries) {
      out += "<li>" + detail::element("time", {}, entry.time) + "<div>" +
             detail::element("span", entry.tone == Tone::plain ? "" : "badge" + std::string{detail::tone_class(entry.tone)},
                             entry.text) +
             (entry.detail.empty() ? "" : detail::element("div", "detail", entry.detail)) + "</div></li>";
    }
    return block(out + "</ol>");
  }
  /// Text as it is, in a font of fixed width.
  Flow& code(std::string_view text) { return block(detail::element("pre", {}, text)); }
  /// A line that unfolds into `content`.
  Flow& details(std::string_view summary, const Flow& content) {
    return block("<details>" + detail::element("summary", {}, summary) + content.html() + "</details>");
  }

  /// The blocks as HTML.
  [[nodiscard]] const std::string& html() const { return html_; }
  [[nodiscard]] bool empty() const { return html_.empty(); }

 private:
  Flow& block(std::string_view html) {
    html_ += html;
    html_ += '\n';
    return *this;
  }

  std::string html_;
};

/// A report: a title, headline blocks, a table of contents, sections. Written as one self-contained HTML5 page that reads well on a
/// screen, in dark mode, on a phone and on paper. The same content gives the same bytes.
class Page {
 public:
  explicit Page(std::string title, std::string subtitle = {}) : title_(std::move(title)), subtitle_(std::move(subtitle)) {
    require(!title_.empty(), "title", title_, "must not be empty");
  }

  /// What stands above the table of contents: the headline.
  Flow& intro() { return intro_; }
  /// A new section; the reference stays valid while the page lives.
  Flow& section(std::string heading) {
    require(!heading.empty(), "heading", heading, "must not be empty");
    sections_.push_back({std::move(heading), {}});
    return sections_.back().content;
  }
  /// A last line: how the page was made, with which seed.
  Page& footer(std::string text) {
    footer_ = std::move(text);
    return *this;
  }

  void write(std::ostream& out) const {
    out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>"
        << escape_xml(title_) << "</title>\n<style>" << detail::report_css << "</style></head>\n<body><header class=\"page\"><h1>"
        << escape_xml(title_) << "</h1>";
    if (!subtitle_.empty()) out << detail::element("p", "subtitle", subtitle_);
    out << intro_.html();
    if (sections_.size() > 1) write_contents(out);
    out << "</header>\n<main>\n";
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      out << "<section id=\"s" << i + 1 << "\"><h2>" << escape_xml(sections_[i].heading) << "</h2>\n"
          << sections_[i].content.html() << "</section>\n";
    }
    out << "</main>\n";
    if (!footer_.empty()) out << "<footer class=\"page\">" << escape_xml(footer_) << "</footer>\n";
    out << "<script>" << detail::report_script << "</script></body></html>\n";
  }

 private:
  struct Section {
    std::string heading;
    Flow content;
  };

  void write_contents(std::ostream& out) const {
    out << "<nav aria-label=\"Contents\">";
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      out << "<a href=\"#s" << i + 1 << "\">" << escape_xml(sections_[i].heading) << "</a>";
    }
    out << "</nav>";
  }

  std::string title_, subtitle_, footer_;
  Flow intro_;
  std::deque<Section> sections_;
};

}  // namespace kilter::monitor
