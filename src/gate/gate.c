#include "gate/gate.h"

#include <string.h>

#include "base/assert.h"

#define ARENA_MAX ((size_t)8 << 30)

const char *fb_gate_word(enum fb_action action)
{
    static const char *const words[] = {"train", "deploy", "autonomy"};
    FB_ASSERT(action < FB_ACTION_COUNT);
    return words[action];
}

/* What was seen before is still there. */
static enum fb_code check_growth(
    const struct fb_gate *gate, struct fb_docket *docket, uint64_t entries, struct fb_err *err)
{
    struct fb_hash root;
    bool same = false;
    enum fb_code code = FB_OK;
    if (gate->has_seen && entries >= gate->entries) {
        code = fb_ledger_root(fb_docket_ledger(docket), gate->entries, &root, err);
        same = code == FB_OK && fb_hash_eq(&root, &gate->root);
    }
    if (code != FB_OK || !gate->has_seen || same) {
        return code;
    }
    fb_err_set(err, FB_E_CORRUPT,
        "the ledger was put back or rewritten: of the first %llu entries, which were seen before, "
        "some are gone or differ",
        (unsigned long long)gate->entries);
    return fb_err_hint(err, "Find out who replaced it; `flyball log follow` keeps the evidence.");
}

static enum fb_code verify(struct fb_gate *gate, struct fb_docket *docket,
    struct fb_ledger_report *out, struct fb_err *err)
{
    struct fb_docket_report report;
    enum fb_code code = FB_OK;
    if (gate->has_seen) {
        code = fb_ledger_verify(fb_docket_ledger(docket), NULL, NULL, &report.ledger, err);
    } else {
        code = fb_docket_verify(docket, FB_DOCKET_EACH, &report, err);
    }
    if (code == FB_OK) {
        *out = report.ledger;
        code = check_growth(gate, docket, out->size, err);
    }
    return code;
}

static const struct fb_system_view *find_system(
    const struct fb_picture *picture, struct fb_str name, struct fb_err *err)
{
    for (size_t i = 0; i < picture->system_count; i++) {
        const struct fb_system_view *system = &picture->systems[i];
        if (fb_str_eq(system->id, name) ||
            fb_str_eq(fb_str_sub(system->id, sizeof("system/") - 1, system->id.len), name)) {
            return system;
        }
    }
    fb_err_set(err, FB_E_NOT_FOUND, "no system '%.*s' is registered",
        FB_STR_ARG(fb_str_sub(name, 0, 200)));
    fb_err_hint(err, "Register it first: `flyball add` with a record of kind system.");
    return NULL;
}

static enum fb_code decide(const struct fb_gate_question *question,
    const struct fb_picture *picture, struct fb_gate_answer *out, struct fb_err *err)
{
    const struct fb_system_view *system = find_system(picture, question->system, err);
    if (!system) {
        return err->code;
    }
    const struct fb_licence_view *licence = fb_picture_licence(picture, system->first.licence);
    while (licence && licence->action != question->action) {
        licence = fb_picture_licence(picture, licence->next);
    }
    FB_ASSERT(licence);
    enum fb_code code = fb_picture_find(picture, licence->id, &out->arena, &out->verdict, err);
    out->allowed = code == FB_OK && licence->allowed;
    return code;
}

enum fb_code fb_gate_ask(struct fb_gate *gate, const struct fb_gate_question *question,
    struct fb_gate_answer *out, struct fb_err *err)
{
    FB_ASSERT(gate && question && out && question->action < FB_ACTION_COUNT);
    const struct fb_docket_question now = {.as_of = FB_TIME_MAX, .brief = true};
    struct fb_picture picture;
    struct fb_ledger_report seen;
    memset(out, 0, sizeof(*out));
    fb_arena_init(&out->arena, ARENA_MAX);
    enum fb_code code = fb_docket_open(
        question->docket, &question->clock, question->is_simulated_clock, &out->docket, err);
    if (code == FB_OK) {
        code = verify(gate, out->docket, &seen, err);
    }
    if (code == FB_OK) {
        code = fb_docket_ask(out->docket, &now, &out->arena, &picture, err);
    }
    if (code == FB_OK) {
        code = decide(question, &picture, out, err);
    }
    if (code != FB_OK) {
        out->allowed = false;
        return code;
    }
    *gate = (struct fb_gate){true, seen.size, seen.root};
    out->at = picture.now;
    out->entries = seen.size;
    out->simulated = picture.simulated;
    return FB_OK;
}

void fb_gate_answer_free(struct fb_gate_answer *answer)
{
    FB_ASSERT(answer);
    fb_arena_release(&answer->arena);
    fb_docket_close(answer->docket);
    answer->docket = NULL;
}
