/* dossier_words.c: the sentences of a liability file, and its summary for a terminal. */
#include "base/assert.h"
#include "base/codec.h"
#include "ledger/sha256.h"
#include "report/dossier.h"
#include "report/html.h"
#include "report/sheet.h"

static const char *digest_of(const struct fb_record *record, char out[2 * FB_SHA256_SIZE + 1])
{
    uint8_t digest[FB_SHA256_SIZE];
    fb_sha256_of(record->statement, digest);
    fb_hex_encode(digest, sizeof(digest), out);
    return out;
}

void fb_dossier_citation_html(const struct fb_record *record, struct fb_buf *out)
{
    char hex[2 * FB_SHA256_SIZE + 1];
    FB_ASSERT(record && out);
    fb_buf_addf(out, "<details class=\"cited\" id=\"r%llu\"><summary><b>#%llu</b> ",
        (unsigned long long)record->seq, (unsigned long long)record->seq);
    fb_html_text_all(out, record->id);
    fb_buf_add_c(out, "</summary><p class=\"small\">On the ledger since ");
    fb_html_time(out, record->admitted);
    fb_buf_add_c(out, " UTC; dated ");
    fb_html_time(out, record->at);
    fb_buf_add_c(out, " UTC by ");
    fb_html_text_all(out, record->issuer);
    fb_buf_addf(out, ", who filed it; SHA-256 of the statement <code>%s</code>. The proof:</p>",
        digest_of(record, hex));
}

void fb_dossier_citation_json(const struct fb_record *record, struct fb_json_writer *w)
{
    char text[FB_TIME_TEXT], hex[2 * FB_SHA256_SIZE + 1];
    FB_ASSERT(record && w);
    fb_json_key_int(w, "seq", (int64_t)record->seq);
    fb_json_key_str(w, "id", record->id);
    fb_json_key_c(w, "kind", fb_kind_name(record->kind));
    fb_json_key_str(w, "issuer", record->issuer);
    fb_json_key_c(w, "at", fb_time_format(record->at, text));
    fb_json_key_c(w, "admitted", fb_time_format(record->admitted, text));
    fb_json_key_c(w, "statement_sha256", digest_of(record, hex));
}

static const char *since_words(const struct fb_harm *harm)
{
    return harm->since[0] == 'b'   ? "when it began"
           : harm->since[0] == 'k' ? "when it was known (nobody says when it began)"
                                   : "the date of its record (nobody says when it began)";
}

void fb_dossier_say_foresight(const struct fb_harm *harm, struct fb_buf *out)
{
    char text[FB_TIME_TEXT];
    FB_ASSERT(harm && out);
    const char *since = since_words(harm), *when = fb_time_format_short(harm->before, text);
    switch (harm->foresight) {
    case FB_FORESEEN:
        fb_buf_addf(out, "its hazard stood in a record that was on the ledger before %s UTC, %s",
            when, since);
        break;
    case FB_FORESEEN_BY_DATE:
        fb_buf_addf(out,
            "records that their issuers date before %s UTC, %s, speak of its hazard, but they were "
            "filed after: that they are so old is not proved",
            when, since);
        break;
    case FB_FORESEEN_NOWHERE:
        fb_buf_addf(out, "no record from before %s UTC, %s, speaks of its hazard", when, since);
        break;
    case FB_FORESEEN_UNKNOWN:
        fb_buf_addf(out, "needs %s", harm->needs);
        break;
    }
    if (harm->unread && harm->foresight != FB_FORESEEN_UNKNOWN) {
        fb_buf_addf(out, "; %zu safety case%s could not be searched, being erased", harm->unread,
            harm->unread == 1 ? "" : "s");
    }
}

void fb_dossier_say_delay(const struct fb_record *record, struct fb_buf *out)
{
    FB_ASSERT(record && out);
    fb_time delay = record->admitted - record->at;
    if (delay >= FB_DAY) {
        fb_buf_addf(out, "filed %lld day%s after its date", (long long)(delay / FB_DAY),
            delay / FB_DAY == 1 ? "" : "s");
    } else if (delay <= -FB_MINUTE) {
        fb_buf_add_c(out, "dated ahead of its filing");
    }
}

size_t fb_dossier_breaches(const struct fb_dossier *file)
{
    size_t count = 0;
    FB_ASSERT(file);
    for (size_t i = 0; i < file->duty_count; i++) {
        count += file->duties[i].duty->obligation.breached != FB_TIME_MAX;
    }
    return count;
}

/* ---- for a terminal ---- */

static enum fb_tone tone_of(enum fb_foresight foresight)
{
    return foresight == FB_FORESEEN           ? FB_TONE_BAD
           : foresight == FB_FORESEEN_NOWHERE ? FB_TONE_PLAIN
                                              : FB_TONE_WARN;
}

static void line(
    struct fb_sheet *sheet, size_t indent, const struct fb_buf *text, enum fb_tone tone)
{
    for (size_t i = 0; i < indent; i++) {
        fb_buf_add_char(sheet->out, ' ');
    }
    size_t from = sheet->out->len;
    fb_sheet_cell(sheet, fb_buf_str(text), 0, tone);
    fb_sheet_wrap(sheet, from, indent);
    fb_buf_add_char(sheet->out, '\n');
}

static void put_harm(struct fb_sheet *sheet, const struct fb_harm *harm, struct fb_buf *text)
{
    enum { INDENT = 4 };
    const struct fb_record *head = harm->incident.head;
    fb_buf_clear(text);
    fb_buf_addf(text, "%.*s (%.*s, %.*s)", FB_STR_ARG(fb_record_text(head, "title")),
        FB_STR_ARG(fb_record_text(head, "class")), FB_STR_ARG(harm->incident.first->id));
    line(sheet, 2, text, FB_TONE_PLAIN);
    fb_buf_clear(text);
    fb_buf_addf(text, "%s: ", fb_foresight_name(harm->foresight));
    fb_dossier_say_foresight(harm, text);
    line(sheet, INDENT, text, tone_of(harm->foresight));
    for (size_t i = 0; i < harm->warning_count; i++) {
        const struct fb_warning *warning = &harm->warnings[i];
        char admitted[FB_TIME_TEXT];
        fb_buf_clear(text);
        fb_buf_addf(text, "#%llu %.*s, on the ledger since %s, %.*s: \"%.*s\"",
            (unsigned long long)warning->record->seq, FB_STR_ARG(warning->record->id),
            fb_time_format_short(warning->record->admitted, admitted), FB_STR_ARG(warning->place),
            FB_STR_ARG(warning->words));
        line(sheet, INDENT + 2, text, FB_TONE_FAINT);
    }
    if (harm->warnings_all > harm->warning_count) {
        fb_buf_clear(text);
        fb_buf_addf(text, "and %zu more passages", harm->warnings_all - harm->warning_count);
        line(sheet, INDENT + 2, text, FB_TONE_FAINT);
    }
}

enum fb_code fb_report_dossier_text(const struct fb_dossier_source *source,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(source && source->file && options && out);
    const struct fb_dossier *file = source->file;
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_buf text;
    char now[FB_TIME_TEXT];
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_buf_addf(&text, "Liability file of %.*s (%.*s), at %s UTC",
        FB_STR_ARG(fb_system_title(file->system)), FB_STR_ARG(file->system->id),
        fb_time_format_short(source->picture->now, now));
    fb_sheet_heading(&sheet, fb_buf_str(&text));
    fb_buf_clear(&text);
    fb_buf_addf(&text, "%zu records concern it; %zu duties, %zu of them broken or late; %zu harm%s",
        file->item_count, file->duty_count, fb_dossier_breaches(file), file->harm_count,
        file->harm_count == 1 ? "" : "s");
    line(&sheet, 2, &text, FB_TONE_PLAIN);
    for (size_t i = 0; i < file->harm_count; i++) {
        fb_buf_add_char(out, '\n');
        put_harm(&sheet, &file->harms[i], &text);
    }
    fb_buf_clear(&text);
    fb_buf_addf(&text,
        "This is a summary. `flyball dossier %.*s --out FILE` writes the whole file, "
        "signed, with a proof of each of the %zu records that it cites.",
        FB_STR_ARG(fb_short_id(file->system->id)), file->cited_count);
    fb_buf_add_char(out, '\n');
    line(&sheet, 0, &text, FB_TONE_FAINT);
    fb_sheet_line_release(&sheet, &text);
    return fb_sheet_check(&sheet, "the summary", err);
}
