/* parse_retain.c: `retain WHAT for AMOUNT under "SOURCE"` of a policy's header. */
#include "base/assert.h"
#include "lang/syntax/parser.h"

static const char hint[] =
    "Write: retain incidents for 5 years under \"SOURCE\"; or systems, or reports on framework.";

/* `on framework, transparency_report`: what the reports are about. */
static bool topics(struct fb_parser *p, struct fb_retain_clause *retain)
{
    struct fb_word **tail = &retain->topics;
    if (!fb_parse_expect(p, "on", hint)) {
        return false;
    }
    do {
        struct fb_word *word = fb_parse_new(p, sizeof(*word));
        if (!word || !fb_parse_value(p, word)) {
            return false;
        }
        if (word->kind != FB_WORD_TEXT) {
            return fb_parse_fail(p, word->span, "Write a word or a text in double quotes.",
                "what a report is about is one word or text");
        }
        if (++retain->topic_count > FB_RETAIN_TOPICS_MAX) {
            fb_complain(p->complaints, FB_E_LIMIT, word->span, "Write a second line for the rest.",
                "a line of 'retain' names at most %d topics", FB_RETAIN_TOPICS_MAX);
            return false;
        }
        *tail = word;
        tail = &word->next;
    } while (fb_parse_take(p, ","));
    return true;
}

static bool what(struct fb_parser *p, struct fb_retain_clause *retain)
{
    if (fb_parse_take(p, "incidents")) {
        retain->what = FB_RETAIN_INCIDENTS;
        return true;
    }
    if (fb_parse_take(p, "systems")) {
        retain->what = FB_RETAIN_SYSTEMS;
        return true;
    }
    if (fb_parse_take(p, "reports")) {
        retain->what = FB_RETAIN_REPORTS;
        return topics(p, retain);
    }
    return fb_parse_expected(p, "'incidents', 'systems' or 'reports'", hint);
}

static bool period(struct fb_parser *p, struct fb_amount *out)
{
    if (!fb_parse_expect(p, "for", hint) || !fb_parse_amount(p, out)) {
        return false;
    }
    if (out->unit == FB_UNIT_HOURS || out->unit == FB_UNIT_BUSINESS_DAYS) {
        return fb_parse_fail(p, out->span, "Write days, weeks, months or years, as in 5 years.",
            "documents are kept for days, weeks, months or years");
    }
    if (out->amount > (out->unit == FB_UNIT_DAYS ? FB_RETAIN_DAYS_MAX : FB_RETAIN_MONTHS_MAX)) {
        fb_complain(p->complaints, FB_E_LIMIT, out->span, "Write a shorter period.",
            "documents are kept for at most %d years", FB_RETAIN_MONTHS_MAX / 12);
        return false;
    }
    return true;
}

bool fb_parse_retain(struct fb_parser *p, void *block)
{
    struct fb_policy_tree *tree = block;
    struct fb_retain_clause *retain = fb_parse_new(p, sizeof(*retain));
    struct fb_retain_clause **tail = &tree->retains;
    struct fb_word source;
    if (!retain) {
        return false;
    }
    retain->span = fb_parse_now(p)->span;
    if (!what(p, retain) || !period(p, &retain->period) || !fb_parse_expect(p, "under", hint) ||
        !fb_parse_string(p, &source, "Say where it stands in the law or document.")) {
        return false;
    }
    retain->source = source.text;
    while (*tail) {
        tail = &(*tail)->next;
    }
    if (++tree->retain_count > FB_POLICY_RETAIN_MAX) {
        fb_complain(p->complaints, FB_E_LIMIT, retain->span, "Join topics with commas.",
            "a policy has at most %d lines of 'retain'", FB_POLICY_RETAIN_MAX);
        return false;
    }
    FB_ASSERT(retain->period.amount > 0);
    *tail = retain;
    return true;
}
