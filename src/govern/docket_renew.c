/* docket_renew.c: a docket that is verified, and then what is appended to it. */
#include <string.h>

#include "base/assert.h"
#include "govern/docket_private.h"
#include "govern/docket_read.h"
#include "ledger/blob.h"

/* The texts of policies stay compiled; whether they are still what the ledger says is looked at
 * again after so many nanoseconds. */
#define POLICIES_NS INT64_C(1000000000)

static enum fb_code add_entry(
    void *ctx, uint64_t seq, const struct fb_prepared *prepared, struct fb_err *err)
{
    struct fb_docket *docket = ctx;
    bool known = seq < docket->known;
    enum fb_code code = known ? fb_registry_load(docket->registry, seq, prepared, err)
                              : fb_registry_add(docket->registry, seq, prepared, err);
    if (code == FB_OK && !known) {
        size_t last = fb_registry_count(docket->registry) - 1;
        code = fb_docket_check_blobs(docket, fb_registry_at(docket->registry, last), err);
    }
    if (code != FB_OK) {
        fb_err_prefix(err, "entry %llu of the ledger", (unsigned long long)seq);
    }
    return code;
}

/* A reader of entries that are added; from the first one on the docket is spent, until all of them
 * went well. */
struct reading {
    struct fb_docket *docket;
    struct fb_docket_reader *reader;
};

static enum fb_code visit_entry(void *ctx, const fb_ledger_entry *entry, struct fb_err *err)
{
    const struct reading *reading = ctx;
    reading->docket->is_spent = true;
    return fb_docket_reader_visit(reading->reader, entry, err);
}

static enum fb_code read_on(struct fb_docket *docket, struct fb_err *err)
{
    struct fb_ledger_report report;
    struct reading reading = {.docket = docket};
    const struct fb_docket_reading how = {.of = " of the ledger",
        .take = add_entry,
        .ctx = docket,
        .verify = true,
        .first = docket->known,
        .registry = docket->registry};
    enum fb_code code = fb_docket_reader_new(&how, &reading.reader, err);
    code = code ? code
                : fb_ledger_verify_on(
                      docket->ledger, docket->audit, visit_entry, &reading, &report, err);
    code = fb_docket_reader_end(reading.reader, code, err);
    if (code == FB_OK) {
        docket->verified = report.root;
        docket->is_spent = false;
    }
    return code;
}

/* The texts of all policies are here and what the ledger says. */
static enum fb_code check_policies(struct fb_docket *docket, struct fb_err *err)
{
    int64_t now = fb_clock_ticks_ns();
    enum fb_code code = FB_OK;
    if (docket->policies_ns != 0 && now - docket->policies_ns < POLICIES_NS) {
        return FB_OK;
    }
    const struct fb_record *policy = fb_registry_first(docket->registry, FB_KIND_policy);
    for (; code == FB_OK && policy; policy = fb_registry_next(docket->registry, policy)) {
        uint8_t digest[FB_SHA256_SIZE];
        if (!fb_docket_digest(fb_record_text(policy, "document"), digest)) {
            continue;
        }
        code = fb_blob_check(docket->blobs, digest, err);
        if (code != FB_OK) {
            fb_err_prefix(err, "the text of %.*s", FB_STR_ARG(policy->id));
        }
    }
    docket->policies_ns = code == FB_OK ? now : 0;
    return code;
}

/* Opens the ledger that is in the docket's folder now. A database that is open does not tell that
 * the folder, the file or its log became another; and SQLite shares what it knows of a file within
 * a process, so that the old one is closed first. A connection to a server stays. */
static enum fb_code open_anew(struct fb_docket *docket, struct fb_err *err)
{
    char store[FB_DOCKET_PATH_MAX];
    const struct fb_ledger_options only_read = {.signer = NULL};
    enum fb_code code = fb_docket_store(docket->path, store, err);
    bool same_server = code == FB_OK && docket->ledger && strcmp(store, docket->store) == 0 &&
                       fb_str_starts(fb_str_of(store), FB_STR("postgres:"));
    if (same_server) {
        return FB_OK;
    }
    fb_ledger_close(docket->ledger);
    docket->ledger = NULL;
    code = code ? code : fb_ledger_open(store, &only_read, &docket->ledger, err);
    if (code != FB_OK) {
        return code;
    }
    const struct fb_note_verifier *verifier = fb_ledger_verifier(docket->ledger);
    if (strcmp(verifier->name, docket->verifier.name) != 0 ||
        memcmp(verifier->public_key, docket->verifier.public_key, sizeof(verifier->public_key)) !=
            0) {
        return fb_err_set(err, FB_E_SIGNATURE,
            "the ledger is signed by another key than the one that was verified");
    }
    memcpy(docket->store, store, sizeof(store));
    return FB_OK;
}

enum fb_code fb_docket_open_verified(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, const struct fb_docket_seen *seen, struct fb_docket **out,
    struct fb_err *err)
{
    FB_ASSERT(path && clock && out);
    struct fb_docket *docket = NULL;
    enum fb_code code = fb_docket_begin(path, clock, is_simulated_clock, true, &docket, err);
    code = code ? code : fb_docket_store(path, docket->store, err);
    code = code ? code : fb_ledger_audit_new(&docket->audit, err);
    if (code == FB_OK) {
        if (seen && seen->entries > 0) {
            docket->known = seen->entries;
            fb_ledger_audit_expect(docket->audit, seen->entries, &seen->root);
        }
        docket->verifier = *fb_ledger_verifier(docket->ledger);
        code = read_on(docket, err);
    }
    code = code ? code : check_policies(docket, err);
    if (code != FB_OK) {
        fb_docket_close(docket);
        return code;
    }
    *out = docket;
    return FB_OK;
}

enum fb_code fb_docket_renew(struct fb_docket *docket, struct fb_err *err)
{
    FB_ASSERT(docket && docket->audit && !docket->is_spent);
    enum fb_code code = open_anew(docket, err);
    code = code ? code : read_on(docket, err);
    if (code != FB_OK) {
        /* Not gone on with, be it only a connection to a server that was started again. */
        fb_ledger_close(docket->ledger);
        docket->ledger = NULL;
    }
    return code ? code : check_policies(docket, err);
}

bool fb_docket_is_spent(const struct fb_docket *docket)
{
    FB_ASSERT(docket);
    return docket->is_spent;
}

void fb_docket_root(const struct fb_docket *docket, struct fb_hash *out)
{
    FB_ASSERT(docket && docket->audit && out);
    *out = docket->verified;
}
