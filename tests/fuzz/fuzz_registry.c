/*
 * fuzz_registry.c: a ledger prefix, as entries between NUL bytes, loaded into a registry. Whatever
 * enters, corrections must form lines, ids must find their records, and a refusal must change
 * nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "record/registry.h"

enum { SIGNERS_MAX = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_chains(const struct fb_registry *registry)
{
    size_t count = fb_registry_count(registry), corrections = 0, corrected = 0;
    for (size_t i = 0; i < count; i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        const struct fb_record *next = fb_registry_successor(registry, record);
        FB_ASSERT(fb_registry_find(registry, record->id) == record);
        FB_ASSERT(record->at <= record->admitted + FB_ADMISSION_SKEW && record->signer.len > 0);
        for (size_t n = 0; n < fb_registry_signer_count(registry, record); n++) {
            struct fb_registry_signer by;
            FB_ASSERT(!fb_registry_signer(registry, record, n, &by) || by.party.len > 0);
        }
        if (record->kind == FB_KIND_order) {
            fb_time voided = FB_TIME_MAX;
            const struct fb_record *release = fb_registry_release(registry, record, &voided);
            FB_ASSERT(!release || release->seq > record->seq);
            FB_ASSERT(!release || voided >= release->admitted);
        }
        corrections += record->supersedes.len > 0;
        if (next) {
            corrected++;
            FB_ASSERT(next->seq > record->seq && next->kind == record->kind);
            FB_ASSERT(fb_str_eq(next->supersedes, record->id));
        }
    }
    FB_ASSERT(corrections == corrected);
}

static void check_signers(const struct fb_registry *registry)
{
    struct fb_err err;
    struct fb_buf list;
    fb_err_init(&err);
    fb_buf_init(&list, SIGNERS_MAX);
    enum fb_code code = fb_registry_allowed_signers(registry, &list, &err);
    FB_ASSERT(code == FB_OK);
    code = fb_registry_revoked_keys(registry, &list, &err);
    FB_ASSERT(code == FB_OK);
    fb_buf_release(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_str all = {(const char *)data, size};
    struct fb_registry *registry = NULL;
    struct fb_err err;
    fb_err_init(&err);
    if (fb_registry_new(&registry, &err) != FB_OK) {
        return 0;
    }
    for (size_t from = 0; from < size;) {
        size_t end = fb_str_find(all, 0, from), before = fb_registry_count(registry);
        struct fb_entry entry;
        fb_err_init(&err);
        if (fb_entry_decode(fb_str_sub(all, from, end - from), &entry, &err) == FB_OK) {
            enum fb_code code =
                fb_registry_load(registry, before, &(struct fb_prepared){.entry = entry}, &err);
            FB_ASSERT(code == FB_OK || (err.code == code && err.message[0]));
            FB_ASSERT(fb_registry_count(registry) == before + (code == FB_OK));
        }
        from = end + 1;
    }
    check_chains(registry);
    check_signers(registry);
    fb_registry_free(registry);
    return 0;
}
