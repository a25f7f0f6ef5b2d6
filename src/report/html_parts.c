/* html_parts.c: text and the small pieces of which the page is made. */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "report/html.h"

size_t fb_html_character(struct fb_str s, uint32_t *out)
{
    unsigned char c = (unsigned char)s.ptr[0];
    size_t len = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (len > s.len || !fb_str_utf8(fb_str_sub(s, 0, len), NULL)) {
        return 0;
    }
    uint32_t code = len == 1 ? c : c & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        code = code << 6 | ((unsigned char)s.ptr[i] & 0x3Fu);
    }
    *out = code;
    return len;
}

/* Marks and embeddings that turn the reading direction of what follows. */
static bool turns_direction(uint32_t code)
{
    return code == 0x61C || code == 0x200E || code == 0x200F ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

static const char *entity(uint32_t code)
{
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void fb_html_text_cut(struct fb_buf *out, struct fb_str text, size_t max)
{
    FB_ASSERT(out);
    struct fb_str rest = text;
    for (size_t count = 0; rest.len; count++) {
        if (count == max) {
            fb_buf_add_c(out, "\u2026");
            return;
        }
        uint32_t code = 0;
        size_t len = fb_html_character(rest, &code);
        const char *named = entity(code);
        if (len == 0 || turns_direction(code) || (code & 0xFFFE) == 0xFFFE) {
            fb_buf_add_c(out, "\uFFFD");
        } else if (is_control(code)) {
            fb_buf_add_char(out, ' ');
        } else if (named) {
            fb_buf_add_c(out, named);
        } else {
            fb_buf_add(out, rest.ptr, len);
        }
        rest = fb_str_sub(rest, len ? len : 1, rest.len);
    }
}

void fb_html_text_all(struct fb_buf *out, struct fb_str text)
{
    fb_html_text_cut(out, text, SIZE_MAX);
}

void fb_html_text(struct fb_buf *out, struct fb_str text)
{
    fb_html_text_cut(out, text, FB_HTML_TEXT_MAX);
}

/* Where the n-th character begins; bytes that are no UTF-8 count one each. */
static size_t from_start(struct fb_str text, size_t n)
{
    uint32_t code;
    size_t at = 0;
    for (; n > 0 && at < text.len; n--) {
        size_t len = fb_html_character(fb_str_sub(text, at, text.len), &code);
        at += len ? len : 1;
    }
    return at;
}

void fb_html_text_middle(struct fb_buf *out, struct fb_str text, size_t max)
{
    FB_ASSERT(out && max >= 8);
    size_t count = 0, tail = max * 2 / 5, head = max - tail - 1;
    for (size_t at = 0; at < text.len; count++) {
        at += from_start(fb_str_sub(text, at, text.len), 1);
    }
    if (count <= max) {
        fb_html_text_all(out, text);
        return;
    }
    fb_html_text_all(out, fb_str_sub(text, 0, from_start(text, head)));
    fb_buf_add_c(out, "\u2026");
    fb_html_text_all(out, fb_str_sub(text, from_start(text, count - tail), text.len));
}

/* An id at the start of a sentence stays as it is. */
static bool starts_with_id(struct fb_str text)
{
    return fb_str_find(text, '/', 0) < fb_str_find(text, ' ', 0);
}

void fb_html_sentence_cut(struct fb_buf *out, struct fb_str text, size_t max)
{
    FB_ASSERT(out && max > 0);
    if (text.len && text.ptr[0] >= 'a' && text.ptr[0] <= 'z' && !starts_with_id(text)) {
        fb_buf_add_char(out, (char)(text.ptr[0] - 'a' + 'A'));
        text = fb_str_sub(text, 1, text.len);
        max--;
    }
    fb_html_text_cut(out, text, max);
}

void fb_html_sentence(struct fb_buf *out, struct fb_str text)
{
    fb_html_sentence_cut(out, text, FB_HTML_TEXT_MAX);
}

void fb_html_words(struct fb_buf *out, struct fb_str text, size_t max)
{
    size_t from = out->len;
    fb_html_text_cut(out, text, max);
    fb_html_space(out, from);
}

void fb_html_space(struct fb_buf *out, size_t from)
{
    FB_ASSERT(out);
    for (size_t i = from; i < out->len; i++) {
        out->ptr[i] = out->ptr[i] == '_' ? ' ' : out->ptr[i];
    }
}

void fb_html_begin(struct fb_buf *out, const char *metas, bool scripted)
{
    FB_ASSERT(out && metas);
    fb_buf_addf(out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "%s<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'%s\">\n<title>",
        metas, scripted ? "; script-src 'unsafe-inline'" : "");
}

const char *fb_html_label(enum fb_label label)
{
    return label == FB_LABEL_IN ? "stands" : fb_label_name(label);
}

const char *fb_html_tone(enum fb_tone tone)
{
    switch (tone) {
    case FB_TONE_GOOD:
        return "good";
    case FB_TONE_WARN:
        return "warn";
    case FB_TONE_BAD:
        return "bad";
    case FB_TONE_FAINT:
        return "faint";
    case FB_TONE_PLAIN:
    case FB_TONE_HEAD:
        break;
    }
    return "plain";
}

const char *fb_html_sign(enum fb_tone tone)
{
    switch (tone) {
    case FB_TONE_GOOD:
        return "\u2713";
    case FB_TONE_WARN:
        return "!";
    case FB_TONE_BAD:
        return "\u2715";
    case FB_TONE_FAINT:
        return "\u2013";
    case FB_TONE_PLAIN:
    case FB_TONE_HEAD:
        break;
    }
    return "\u2022";
}

void fb_html_chip(struct fb_buf *out, enum fb_tone tone, const char *word)
{
    FB_ASSERT(out && word);
    fb_buf_addf(out, "<span class=\"chip %s\"><i aria-hidden=\"true\">%s</i>", fb_html_tone(tone),
        fb_html_sign(tone));
    fb_html_text(out, fb_str_of(word));
    fb_buf_add_c(out, "</span>");
}

void fb_html_time(struct fb_buf *out, fb_time t)
{
    char exact[FB_TIME_TEXT], brief[FB_TIME_TEXT];
    if (t == FB_TIME_MIN || t == FB_TIME_MAX) {
        fb_buf_add_c(out, fb_time_format(t, exact));
        return;
    }
    fb_buf_addf(out, "<time datetime=\"%s\">%s</time>", fb_time_format(t, exact),
        fb_time_format_short(t, brief));
}

void fb_html_count(struct fb_buf *out, int64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)n);
    int start = digits[0] == '-';
    for (int i = 0; i < len; i++) {
        if (i > start && (len - i) % 3 == 0) {
            fb_buf_add_char(out, ',');
        }
        fb_buf_add_char(out, digits[i]);
    }
}

const char *fb_html_percent_exact(struct fb_decimal rate, char out[FB_DECIMAL_TEXT])
{
    char digits[FB_DECIMAL_TEXT];
    (void)snprintf(
        out, FB_DECIMAL_TEXT, "%.40s%%", fb_decimal_format(fb_decimal_scale(rate, 2), digits));
    return out;
}

/* The nearest multiple of 10^-places of a rate that is 0 or more, as a whole number of them. */
static int64_t nearest(struct fb_decimal rate, int places)
{
    int shift = rate.exponent + places;
    int64_t power = 1, value = rate.mantissa;
    for (; shift > 0 && value <= INT64_MAX / 10; shift--) {
        value *= 10;
    }
    for (; shift < 0; shift++) {
        if (power > INT64_MAX / 10) {
            return 0;
        }
        power *= 10;
    }
    return value / power + (value % power >= (power + 1) / 2 && power > 1);
}

const char *fb_html_percent(
    struct fb_decimal bound, struct fb_decimal threshold, char out[FB_DECIMAL_TEXT])
{
    FB_ASSERT(bound.mantissa >= 0 && out);
    int digits = 1;
    int64_t value = nearest(bound, 2 + digits);
    bool below = fb_decimal_cmp(bound, threshold) < 0;
    for (; digits < 9; digits++) {
        struct fb_decimal shown = {value, -(2 + digits)};
        if ((fb_decimal_cmp(shown, threshold) < 0) == below) {
            break;
        }
        value = nearest(bound, 2 + digits + 1);
    }
    int64_t power = 1;
    for (int i = 0; i < digits; i++) {
        power *= 10;
    }
    (void)snprintf(out, FB_DECIMAL_TEXT, "%lld.%0*lld%%", (long long)(value / power), digits,
        (long long)(value % power));
    return out;
}

void fb_html_cut(struct fb_buf *out, size_t cut, const char *what)
{
    if (cut) {
        fb_buf_addf(out, "<p class=\"cut\">%zu more %s.</p>\n", cut, what);
    }
}

/* Appends one sentence with its record. */
static void why_sentence(struct fb_html *html, const struct fb_why *why)
{
    fb_html_sentence(html->out, why->text);
    if (why->seq != FB_WHY_NO_RECORD) {
        fb_buf_add_char(html->out, ' ');
        fb_html_record_link(html, why->record_id, why->seq);
    }
}

/* Appends a list of sentences and, inside each, its own reasons. Depth and number are bounded: a
 * tree may share branches, so that it is larger on paper than in memory. */
static void why_list(struct fb_html *html, const struct fb_why *why, size_t depth, size_t *left)
{
    fb_buf_add_c(html->out, "<ul>\n");
    for (; why; why = why->next) {
        if (*left == 0 || html->why_left == 0 || depth >= FB_HTML_WHY_DEPTH_MAX) {
            fb_buf_add_c(html->out, "<li class=\"cut\">More reasons are not shown here; "
                                    "<code>flyball explain</code> prints all.</li>\n");
            break;
        }
        *left -= 1;
        html->why_left--;
        bool folded = why->child && depth >= 1;
        fb_buf_add_c(html->out, folded ? "<li><details><summary>" : "<li>");
        why_sentence(html, why);
        fb_buf_add_c(html->out, folded ? "</summary>\n" : "\n");
        if (why->child) {
            why_list(html, why->child, depth + 1, left);
        }
        fb_buf_add_c(html->out, folded ? "</details></li>\n" : "</li>\n");
    }
    fb_buf_add_c(html->out, "</ul>\n");
}

void fb_html_why(struct fb_html *html, const struct fb_why *why, const char *summary)
{
    FB_ASSERT(html);
    size_t left = FB_HTML_WHY_MAX;
    if (!why) {
        return;
    }
    fb_buf_add_c(html->out, summary ? "<details class=\"why\"><summary>" : "<div class=\"why\">");
    fb_buf_add_c(html->out, summary ? summary : "");
    fb_buf_add_c(html->out, summary ? "</summary>\n" : "\n");
    why_list(html, why, summary ? 0 : 1, &left);
    fb_buf_add_c(html->out, summary ? "</details>\n" : "</div>\n");
}

static int urgency(enum fb_duty_status status)
{
    switch (status) {
    case FB_DUTY_OVERDUE:
        return 0;
    case FB_DUTY_BROKEN:
        return 1;
    case FB_DUTY_UNDATED:
        return 2;
    case FB_DUTY_OWED:
        return 3;
    case FB_DUTY_HELD:
        return 4;
    case FB_DUTY_MET_LATE:
        return 5;
    case FB_DUTY_MET:
        return 6;
    case FB_DUTY_WAIVED:
        return 7;
    case FB_DUTY_RELAXED:
        return 8;
    }
    return 8;
}

/* By urgency, then by deadline, then as the picture has them. */
static int order_duties(const void *left, const void *right)
{
    const struct fb_duty_view *a = *(const struct fb_duty_view *const *)left;
    const struct fb_duty_view *b = *(const struct fb_duty_view *const *)right;
    const struct fb_obligation *x = &a->obligation, *y = &b->obligation;
    if (urgency(x->status) != urgency(y->status)) {
        return urgency(x->status) < urgency(y->status) ? -1 : 1;
    }
    if (x->deadline != y->deadline) {
        return x->deadline < y->deadline ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

enum fb_code fb_html_duties(const struct fb_picture *picture, struct fb_str system,
    const struct fb_duty_view ***out, size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(picture && out && out_count);
    const struct fb_duty_view *first =
        fb_picture_duty(picture, fb_picture_of(picture, system)->duty);
    size_t count = 0;
    for (const struct fb_duty_view *view = first; view;
         view = fb_picture_duty(picture, view->next)) {
        count++;
    }
    const struct fb_duty_view **list = fb_calloc(count + 1, sizeof(*list));
    if (!list) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for the page");
    }
    count = 0;
    for (const struct fb_duty_view *view = first; view;
         view = fb_picture_duty(picture, view->next)) {
        if (fb_str_eq(view->system, system)) {
            list[count++] = view;
        }
    }
    qsort(list, count, sizeof(*list), order_duties);
    *out = list;
    *out_count = count;
    return FB_OK;
}
