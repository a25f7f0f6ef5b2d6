/* receipts.c: reports that their recipient had before they were admitted, as facts for duties. */
#include "govern/receipts.h"

#include "base/assert.h"
#include "govern/work.h"

static struct fb_str root_id(const struct fb_registry *registry, struct fb_str id)
{
    const struct fb_record *record = fb_registry_find(registry, id);
    return record ? fb_registry_root(registry, record)->id : id;
}

/* Whether a report is to a party: `to` is its id, or what stands behind "party/" in it. */
static bool is_to(const struct fb_registry *registry, struct fb_str to, struct fb_str party)
{
    static const struct fb_str kind = {"party/", 6};
    bool whole = fb_str_find(to, '/', 0) < to.len;
    struct fb_str name =
        fb_str_starts(party, kind) ? fb_str_sub(party, kind.len, party.len) : party;
    return whole ? fb_str_eq(root_id(registry, to), party) : fb_str_eq(to, name);
}

bool fb_receipt_of(
    const struct fb_registry *registry, const struct fb_record *record, struct fb_receipt *out)
{
    FB_ASSERT(registry && record && out);
    if (record->kind != FB_KIND_decision ||
        !fb_str_is(fb_record_text(record, "topic"), "receipt")) {
        return false;
    }
    struct fb_str outcome = fb_record_text(record, "outcome");
    bool taken = fb_str_is(outcome, "noted") || fb_str_is(outcome, "granted");
    struct fb_str about = fb_record_text(record, "about");
    const struct fb_record *report = taken ? fb_registry_find(registry, about) : NULL;
    if (!report || report->kind != FB_KIND_report) {
        return false;
    }
    struct fb_str by = root_id(registry, record->issuer);
    fb_time at = record->at < record->admitted ? record->at : record->admitted;
    fb_time received = fb_work_time(record, "valid_from", at);
    *out = (struct fb_receipt){report, received};
    return received < report->admitted && is_to(registry, fb_record_text(report, "to"), by) &&
           !fb_str_eq(by, root_id(registry, report->issuer));
}

/* Adds report_received: the columns of the report, and when it was received and admitted. */
static enum fb_code add_receipt(struct fb_work *work, const struct fb_record *record,
    const struct fb_receipt *receipt, const fb_time span[2], struct fb_err *err)
{
    const struct fb_record *report = receipt->report;
    int relation = fb_policy_relation("report_received"), plain = fb_policy_relation("report");
    FB_ASSERT(relation >= 0 && plain >= 0);
    size_t arity = fb_policy_signature()->relations[relation].arity;
    size_t common = fb_policy_signature()->relations[plain].arity;
    struct fb_value *values = FB_ARENA_ARRAY(work->arena, struct fb_value, arity);
    fb_time held[2];
    if (!values) {
        return fb_arena_failed(work->arena, err);
    }
    if (!fb_work_span(work, report, FB_TIME_MIN, held)) {
        return FB_OK;
    }
    fb_work_columns(work, report, values);
    FB_ASSERT(arity == common + 2);
    values[common] = fb_value_time(receipt->received);
    values[common + 1] = fb_value_time(held[0]);
    char at[FB_TIME_TEXT];
    struct fb_why *why =
        fb_why_new(work->arena, "%.*s had %.*s on %s, says its receipt", FB_STR_ARG(record->issuer),
            FB_STR_ARG(report->id), fb_time_format_short(receipt->received, at));
    struct fb_why *what = fb_why_new(
        work->arena, "what it had was admitted on %s", fb_time_format_short(held[0], at));
    if (!why || !what) {
        return fb_arena_failed(work->arena, err);
    }
    fb_why_add(why, fb_why_on(what, report->id, report->seq));
    struct fb_timed tuple = fb_work_fact(record, "report_received", span);
    tuple.values = values;
    tuple.why = fb_why_on(why, record->id, record->seq);
    enum fb_code code = fb_work_add(work, &tuple, err);
    /* What follows a discharge begins at it. */
    return code ? code : fb_work_add_time(work, receipt->received, err);
}

enum fb_code fb_work_receipts(struct fb_work *work, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    enum fb_code code = FB_OK;
    const struct fb_record *record = fb_registry_first(registry, FB_KIND_decision);
    for (; code == FB_OK && record; record = fb_registry_next(registry, record)) {
        struct fb_receipt receipt;
        fb_time span[2], after = FB_TIME_MIN;
        if (!fb_receipt_of(registry, record, &receipt)) {
            continue;
        }
        /* A report that a stolen key signed was received of nobody. */
        fb_time disowned = fb_registry_disowned(registry, receipt.report);
        while (code == FB_OK && fb_work_span(work, record, after, span) && span[0] < disowned) {
            after = span[1];
            span[1] = span[1] < disowned ? span[1] : disowned;
            code = add_receipt(work, record, &receipt, span, err);
        }
    }
    return code;
}
