#include "gate/desk.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

enum { NS_IN_MS = 1000 * 1000 };

struct fb_desk {
    struct fb_desk_options options;
    struct fb_docket *docket; /* NULL: it could not be opened, as `failed` says */
    struct fb_gate seen;
    uint64_t opened; /* times */
    struct fb_err failed;
    int64_t retry_ns; /* when to try again */
};

/* Remembers what was verified. */
static void note(struct fb_desk *desk)
{
    struct fb_gate *seen = &desk->seen;
    fb_time now = fb_clock_now(&desk->options.clock);
    seen->at = now > seen->at || !seen->has_seen ? now : seen->at;
    seen->has_seen = seen->is_verified = true;
    seen->entries = fb_registry_count(fb_docket_registry(desk->docket));
    fb_docket_root(desk->docket, &seen->root);
    seen->key = *fb_ledger_verifier(fb_docket_ledger(desk->docket));
}

static void let_go(struct fb_desk *desk)
{
    fb_docket_close(desk->docket);
    desk->docket = NULL;
}

/* Opens the docket, which must have what was seen before. */
static enum fb_code open_docket(struct fb_desk *desk, struct fb_err *err)
{
    const struct fb_desk_options *options = &desk->options;
    desk->opened++;
    enum fb_code code = fb_docket_open_verified(
        options->docket, &options->clock, options->is_simulated_clock, NULL, &desk->docket, err);
    if (code == FB_OK) {
        uint64_t entries = fb_registry_count(fb_docket_registry(desk->docket));
        code = fb_gate_check_growth(&desk->seen, desk->docket, entries, err);
    }
    code = code ? code : fb_gate_check_key(&desk->seen, desk->docket, err);
    if (code == FB_OK) {
        note(desk);
    }
    return code;
}

enum fb_code fb_desk_new(
    const struct fb_desk_options *options, struct fb_desk **out, struct fb_err *err)
{
    FB_ASSERT(options && options->docket && out);
    struct fb_desk *desk = fb_calloc(1, sizeof(*desk));
    if (!desk) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    desk->options = *options;
    desk->options.retry_ms = options->retry_ms ? options->retry_ms : FB_DESK_RETRY_MS;
    enum fb_code code = open_docket(desk, err);
    if (code != FB_OK) {
        fb_desk_free(desk);
        return code;
    }
    *out = desk;
    return FB_OK;
}

void fb_desk_free(struct fb_desk *desk)
{
    if (desk) {
        let_go(desk);
        fb_free(desk);
    }
}

enum fb_code fb_desk_renew(struct fb_desk *desk, struct fb_err *err)
{
    FB_ASSERT(desk);
    enum fb_code code = fb_gate_check_clock(&desk->seen, &desk->options.clock, err);
    if (code != FB_OK) {
        return code;
    }
    if (desk->docket) {
        code = fb_docket_renew(desk->docket, err);
        if (code == FB_OK) {
            note(desk);
        }
        if (!fb_docket_is_spent(desk->docket)) {
            return code;
        }
        fb_err_init(err); /* what is wrong is found again */
        let_go(desk);
    } else if (fb_clock_ticks_ns() < desk->retry_ns) {
        *err = desk->failed;
        return err->code;
    }
    code = open_docket(desk, err);
    if (code != FB_OK) {
        let_go(desk);
        desk->failed = *err;
        desk->retry_ns = fb_clock_ticks_ns() + desk->options.retry_ms * NS_IN_MS;
    }
    return code;
}

const struct fb_gate *fb_desk_seen(const struct fb_desk *desk)
{
    FB_ASSERT(desk);
    return &desk->seen;
}

uint64_t fb_desk_opened(const struct fb_desk *desk)
{
    FB_ASSERT(desk);
    return desk->opened;
}

struct fb_docket *fb_desk_docket(struct fb_desk *desk)
{
    FB_ASSERT(desk && desk->docket);
    return desk->docket;
}
