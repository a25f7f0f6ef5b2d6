#include "record/entry.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

enum {
    TIME_LEN = 27, /* 2026-03-01T09:00:00.000000Z */
    DIGITS_MAX = 5 /* no length within an entry has more */
};

static const char magic[] = "flyball-entry v1\n";

/* Writes the one form that entries use, six decimals always. False outside years 1 to 9999. */
static bool format_time(fb_time t, char out[TIME_LEN + 1])
{
    if (t < fb_days_from_civil(1, 1, 1) * FB_DAY || t >= fb_days_from_civil(10000, 1, 1) * FB_DAY) {
        return false;
    }
    int64_t days = t / FB_DAY - (t % FB_DAY < 0);
    int64_t rest = t - days * FB_DAY;
    int64_t year;
    unsigned month, day;
    fb_civil_from_days(days, &year, &month, &day);
    int len = snprintf(out, TIME_LEN + 1, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
        (unsigned)year % 10000, month % 100, day % 100, (unsigned)(rest / FB_HOUR) % 100,
        (unsigned)(rest % FB_HOUR / FB_MINUTE) % 100,
        (unsigned)(rest % FB_MINUTE / FB_SECOND) % 100, (unsigned)(rest % FB_SECOND) % 1000000);
    FB_ASSERT(len == TIME_LEN);
    return true;
}

static void add_part(struct fb_buf *out, const char *name, struct fb_str bytes)
{
    FB_ASSERT(bytes.ptr || bytes.len == 0);
    fb_buf_addf(out, "%s %zu\n", name, bytes.len);
    fb_buf_add_str(out, bytes);
    fb_buf_add_char(out, '\n');
}

static enum fb_code check_entry(const struct fb_entry *entry, struct fb_err *err)
{
    if (entry->statement.len == 0) {
        return fb_err_set(err, FB_E_SCHEMA, "an entry needs a statement");
    }
    if (entry->signature_count == 0) {
        fb_err_set(err, FB_E_SIGNATURE, "an entry needs a signature");
        return fb_err_hint(err, "Sign the statement with the issuer's key.");
    }
    if (entry->signature_count > FB_ENTRY_SIGNATURES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "an entry has %zu signatures; at most %d are allowed",
            entry->signature_count, (int)FB_ENTRY_SIGNATURES_MAX);
    }
    size_t total = entry->statement.len;
    for (size_t i = 0; i < entry->signature_count; i++) {
        if (entry->signatures[i].len == 0) {
            return fb_err_set(err, FB_E_SIGNATURE, "signature %zu of an entry is empty", i + 1);
        }
        total = total > FB_ENTRY_MAX ? total : total + entry->signatures[i].len;
    }
    if (total > FB_ENTRY_MAX) {
        fb_err_set(err, FB_E_LIMIT, "an entry is longer than %d bytes", (int)FB_ENTRY_MAX);
        return fb_err_hint(err, "Put what is long into a file and refer to it by its digest.");
    }
    return FB_OK;
}

enum fb_code fb_entry_encode(const struct fb_entry *entry, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(entry && out);
    char time[TIME_LEN + 1];
    size_t before = out->len;
    enum fb_code code = check_entry(entry, err);
    if (code != FB_OK) {
        return code;
    }
    if (!format_time(entry->admitted, time)) {
        return fb_err_set(err, FB_E_TIME, "the admission time is not within years 1 to 9999");
    }
    fb_buf_addf(out, "%sadmitted %s\n", magic, time);
    add_part(out, "statement", entry->statement);
    for (size_t i = 0; i < entry->signature_count; i++) {
        add_part(out, "sshsig", entry->signatures[i]);
    }
    code = fb_buf_check(out, "an entry", err);
    if (code == FB_OK && out->len - before > FB_ENTRY_MAX) {
        fb_err_set(err, FB_E_LIMIT, "an entry is longer than %d bytes", (int)FB_ENTRY_MAX);
        code = fb_err_hint(err, "Put what is long into a file and refer to it by its digest.");
    }
    if (code != FB_OK) {
        fb_buf_cut(out, before);
    }
    return code;
}

/* Where a decoding stands. */
struct cursor {
    struct fb_str all;
    size_t at;
};

static enum fb_code corrupt(const struct cursor *c, const char *what, struct fb_err *err)
{
    fb_err_set(err, FB_E_CORRUPT, "the entry is damaged: %s at byte %zu", what, c->at);
    fb_err_hint(err, "Run 'flyball log verify', and restore the ledger from a copy.");
    fb_err_place(err, NULL, 0, 0, (int64_t)c->at);
    return FB_E_CORRUPT;
}

static bool take(struct cursor *c, struct fb_str literal)
{
    if (!fb_str_eq(fb_str_sub(c->all, c->at, literal.len), literal)) {
        return false;
    }
    c->at += literal.len;
    return true;
}

static bool take_time(struct cursor *c, fb_time *out)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    char again[TIME_LEN + 1];
    struct fb_str text = fb_str_sub(c->all, c->at, TIME_LEN);
    if (fb_time_parse(text, out, &ignored) != FB_OK || !format_time(*out, again) ||
        !fb_str_is(text, again)) {
        return false;
    }
    c->at += TIME_LEN;
    return true;
}

/* Reads "<length>\n<bytes>\n" with a length that is not 0 and has no leading zero. */
static bool take_part(struct cursor *c, struct fb_str *out)
{
    size_t end = fb_str_find(c->all, '\n', c->at);
    struct fb_str digits = fb_str_sub(c->all, c->at, end - c->at);
    uint64_t len = 0;
    if (digits.len == 0 || digits.len > DIGITS_MAX || digits.ptr[0] == '0' ||
        !fb_str_u64(digits, &len) || end >= c->all.len) {
        return false;
    }
    size_t from = end + 1;
    if (len >= c->all.len - from || c->all.ptr[from + len] != '\n') {
        return false;
    }
    *out = fb_str_sub(c->all, from, (size_t)len);
    c->at = from + (size_t)len + 1;
    return true;
}

enum fb_code fb_entry_decode(struct fb_str bytes, struct fb_entry *out, struct fb_err *err)
{
    FB_ASSERT(out && (bytes.ptr || bytes.len == 0));
    struct cursor c = {.all = bytes};
    struct fb_entry entry;
    memset(&entry, 0, sizeof(entry));
    if (bytes.len > FB_ENTRY_MAX) {
        return corrupt(&c, "it is too long", err);
    }
    if (!take(&c, fb_str_of(magic))) {
        return corrupt(&c, "it does not begin as entries do", err);
    }
    if (!take(&c, FB_STR("admitted ")) || !take_time(&c, &entry.admitted) ||
        !take(&c, FB_STR("\n"))) {
        return corrupt(&c, "no admission time", err);
    }
    if (!take(&c, FB_STR("statement ")) || !take_part(&c, &entry.statement)) {
        return corrupt(&c, "no statement", err);
    }
    while (c.at < bytes.len || entry.signature_count == 0) {
        if (entry.signature_count == FB_ENTRY_SIGNATURES_MAX) {
            return corrupt(&c, "too many signatures", err);
        }
        struct fb_str *next = &entry.signatures[entry.signature_count];
        if (!take(&c, FB_STR("sshsig ")) || !take_part(&c, next)) {
            return corrupt(&c, "no signature", err);
        }
        entry.signature_count++;
    }
    FB_ASSERT(c.at == bytes.len && entry.signature_count >= 1);
    *out = entry;
    return FB_OK;
}
