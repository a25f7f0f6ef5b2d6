/* exempt.c: why a system is exempt, or what applies to it. */
#include "report/exempt.h"

#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "report/json_parts.h"
#include "report/sheet.h"
#include "report/words.h"

static struct fb_str rule_name(const struct fb_exempt_rule *rule)
{
    return rule->line ? rule->line->rule->name : rule->duty->name;
}

static struct fb_str rule_title(const struct fb_exempt_rule *rule)
{
    return rule->line ? rule->line->rule->title : rule->duty->title;
}

/* Does the system's figure fulfil the condition? One that is not known does not. */
static bool is_reached(const struct fb_threshold *threshold)
{
    if (threshold->value.type == FB_TYPE_NONE) {
        return false;
    }
    int order = fb_value_cmp(threshold->value, threshold->limit);
    bool equal = order == 0 && threshold->op[1] == '=';
    return equal || (threshold->op[0] == '<' ? order < 0 : order > 0);
}

static void key_value(struct fb_json_writer *w, const char *key, struct fb_value value)
{
    struct fb_buf text;
    fb_json_key(w, key);
    if (value.type == FB_TYPE_NONE) {
        fb_json_null(w);
        return;
    }
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_value_write(value, &text);
    fb_json_str(w, fb_buf_str(&text));
    fb_buf_release(&text);
}

static void add_rule(struct fb_json_writer *w, const struct fb_exempt_rule *rule)
{
    fb_json_open_object(w);
    fb_json_key_c(w, "kind", rule->line ? "red line" : "duty");
    fb_json_key_str(w, "policy", rule->policy->program->name);
    fb_json_key_int(w, "version", rule->policy->program->version);
    fb_json_key_str(w, "source", rule->policy->program->source);
    fb_json_key_str(w, "policy_record", rule->policy->record->id);
    fb_json_key_str(w, "rule", rule_name(rule));
    fb_json_key_str(w, "title", rule_title(rule));
    if (rule->line) {
        fb_json_key_str(w, "applies_to", rule->line->rule->scope_text);
        fb_json_key_c(w, "status", fb_line_status_name(rule->line->status));
    }
    fb_json_key(w, "thresholds");
    fb_json_open_array(w);
    for (size_t i = 0; i < rule->threshold_count; i++) {
        const struct fb_threshold *threshold = &rule->thresholds[i];
        fb_json_open_object(w);
        fb_json_key_str(w, "field", threshold->field);
        key_value(w, "value", threshold->value);
        fb_json_key_c(w, "asks", threshold->op);
        key_value(w, "limit", threshold->limit);
        fb_json_key_bool(w, "reached", is_reached(threshold));
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

enum fb_code fb_report_exempt_json(const struct fb_picture *picture,
    const struct fb_exemption *exemption, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && exemption && exemption->system && out);
    const struct fb_system_view *system = exemption->system;
    struct fb_json_writer w;
    char root[65];
    fb_hex_encode(picture->root, sizeof(picture->root), root);
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_str(&w, "system", system->id);
    fb_json_key_str(&w, "title", fb_system_title(system));
    fb_json_key_bool(&w, "exempt", system->exempt);
    if (system->exempt) {
        fb_json_key_c(&w, "says", "no rule in force applies to it: nothing needs to be filed");
    }
    fb_report_key_time(&w, "as_of", picture->now);
    fb_json_key_str(&w, "origin", picture->origin);
    fb_json_key_int(&w, "records", (int64_t)picture->record_count);
    fb_json_key_c(&w, "root", root);
    fb_json_key_bool(&w, "simulated", picture->simulated);
    fb_json_key_str(&w, "record", system->record->id);
    fb_json_key_int(&w, "seq", (int64_t)system->record->seq);
    if (!system->exempt) {
        fb_json_key(&w, "applies");
        fb_json_open_array(&w);
        for (size_t i = 0; i < exemption->applies_count; i++) {
            fb_json_str(&w, exemption->applies[i]);
        }
        fb_json_close_array(&w);
    }
    fb_json_key(&w, "rules");
    fb_json_open_array(&w);
    for (size_t i = 0; i < exemption->rule_count; i++) {
        add_rule(&w, &exemption->rules[i]);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the certificate", err);
}

/* A line of text that may be hostile, wrapped and indented. */
static void text_line(struct fb_sheet *sheet, size_t indent, const struct fb_buf *text)
{
    for (size_t i = 0; i < indent; i++) {
        fb_buf_add_char(sheet->out, ' ');
    }
    size_t from = sheet->out->len;
    fb_sheet_cell(sheet, fb_buf_str(text), 0, FB_TONE_PLAIN);
    fb_sheet_wrap(sheet, from, indent);
    fb_buf_add_char(sheet->out, '\n');
}

static void rule_lines(
    struct fb_sheet *sheet, const struct fb_exemption *exemption, const struct fb_exempt_rule *rule)
{
    const struct fb_record *record = exemption->system->record;
    struct fb_buf text;
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_buf_addf(&text, "%s %.*s of %.*s version %lld (%.*s): ", rule->line ? "red line" : "duty",
        FB_STR_ARG(rule_name(rule)), FB_STR_ARG(rule->policy->program->name),
        (long long)rule->policy->program->version, FB_STR_ARG(rule->policy->program->source));
    if (rule->line) {
        fb_buf_addf(&text, "%s; it applies to ", fb_line_status_name(rule->line->status));
        fb_buf_add_str(&text, rule->line->rule->scope_text);
    } else {
        fb_buf_add_str(&text, rule_title(rule));
    }
    text_line(sheet, 2, &text);
    for (size_t i = 0; i < rule->threshold_count; i++) {
        const struct fb_threshold *threshold = &rule->thresholds[i];
        fb_buf_clear(&text);
        fb_buf_addf(&text, "%.*s is ", FB_STR_ARG(threshold->field));
        if (threshold->value.type == FB_TYPE_NONE) {
            fb_buf_add_c(&text, "not stated");
        } else {
            fb_value_write(threshold->value, &text);
        }
        fb_buf_addf(&text, ", the rule asks for %s ", threshold->op);
        fb_value_write(threshold->limit, &text);
        fb_buf_addf(&text, ": %s  [%.*s #%llu]", is_reached(threshold) ? "reached" : "not reached",
            FB_STR_ARG(record->id), (unsigned long long)record->seq);
        text_line(sheet, 4, &text);
    }
    fb_sheet_line_release(sheet, &text);
}

enum fb_code fb_report_exempt_text(const struct fb_picture *picture,
    const struct fb_exemption *exemption, const struct fb_report_options *options,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && exemption && exemption->system && options && out);
    const struct fb_system_view *system = exemption->system;
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_buf text;
    char now[FB_TIME_TEXT], root[65];
    fb_hex_encode(picture->root, sizeof(picture->root), root);
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_buf_addf(&text, "%.*s (%.*s) is %s", FB_STR_ARG(system->id),
        FB_STR_ARG(fb_system_title(system)),
        system->exempt ? "exempt: no rule in force applies to it, and nothing needs to be filed"
                       : "not exempt");
    fb_sheet_heading(&sheet, fb_buf_str(&text));
    fb_buf_clear(&text);
    fb_buf_addf(&text, "as of %s UTC, from %llu records of ",
        fb_time_format_short(picture->now, now), (unsigned long long)picture->record_count);
    fb_buf_add_str(&text, picture->origin);
    fb_buf_addf(&text, ", root %s%s", root, picture->simulated ? "; the clock is simulated" : "");
    text_line(&sheet, 2, &text);
    for (size_t i = 0; i < exemption->applies_count; i++) {
        fb_buf_clear(&text);
        fb_buf_addf(&text, "- %.*s", FB_STR_ARG(exemption->applies[i]));
        text_line(&sheet, 2, &text);
    }
    fb_buf_add_c(out, exemption->rule_count ? "\n" : "");
    for (size_t i = 0; i < exemption->rule_count; i++) {
        rule_lines(&sheet, exemption, &exemption->rules[i]);
    }
    fb_sheet_line_release(&sheet, &text);
    return fb_sheet_check(&sheet, "the certificate", err);
}
