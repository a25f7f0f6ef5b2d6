/* docket_excerpt.c: dockets of which only the records are read that something rests on: an answer
 * about one system, the admission of a few records. */
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "govern/docket_private.h"
#include "govern/excerpt.h"
#include "govern/resident.h"

enum { ROUNDS_MAX = 64 /* each adds records; it takes few */ };

/* The registry of a docket becomes that of what its excerpt has now. */
static enum fb_code take_registry(struct fb_docket *docket, struct fb_err *err)
{
    struct fb_registry *registry = NULL;
    enum fb_code code = fb_excerpt_registry(docket->excerpt, &registry, err);
    if (code == FB_OK) {
        fb_registry_free(docket->registry);
        docket->registry = registry;
    }
    return code;
}

/* The system that the id of a verdict names first; empty: none. */
static struct fb_str system_named(struct fb_str id)
{
    size_t at = fb_str_find(id, ':', 0);
    while (at < id.len && !fb_str_starts(fb_str_sub(id, at + 1, id.len), FB_STR("system/"))) {
        size_t colon = fb_str_find(id, ':', at + 1), comma = fb_str_find(id, ',', at + 1);
        at = colon < comma ? colon : comma;
    }
    struct fb_str rest = fb_str_sub(id, at + 1, id.len);
    size_t comma = fb_str_find(rest, ',', 0), number = fb_str_find(rest, '#', 0);
    return fb_str_sub(rest, 0, comma < number ? comma : number);
}

/* Finds the verdict that is asked for in a picture of one system. What is not its whole id may be
 * short for another one; what corrections changed of it is not said by one system. */
static enum fb_code find_verdict(const struct fb_docket_question *question,
    const struct fb_picture *picture, struct fb_arena *arena, struct fb_err *err)
{
    if (question->is_told_whole && picture->correction_count) {
        return fb_err_set(err, FB_E_UNSUPPORTED, "corrections are of all records");
    }
    enum fb_code code =
        fb_picture_find(picture, question->verdict, arena, question->out_verdict, err);
    return code || fb_str_eq(question->out_verdict->id, question->verdict)
               ? code
               : fb_err_set(err, FB_E_UNSUPPORTED, "the name may be short for another one");
}

/* The answer from what was read so far. What it looked for in vain is noted. */
static enum fb_code answer(struct fb_docket *docket, const struct fb_docket_question *question,
    struct fb_arena *arena, struct fb_picture *out, struct fb_err *err)
{
    enum fb_code code = take_registry(docket, err);
    if (code == FB_OK && !docket->resident) {
        code = fb_resident_new(docket->registry, &docket->resident, err);
    }
    if (code != FB_OK) {
        return code;
    }
    fb_resident_excerpt(docket->resident, docket->registry, fb_excerpt_watch(docket->excerpt));
    code = fb_docket_ask(docket, question, arena, out, err);
    if (code == FB_OK && question->out_verdict) {
        code = find_verdict(question, out, arena, err);
    }
    if (code == FB_OK && !fb_resident_served(docket->resident)) {
        code = fb_err_set(err, FB_E_UNSUPPORTED, "a policy looks at all records");
    }
    return code;
}

/* Whether an error says that there is no such system. What the index leaves out is seen by nothing
 * but reading it through. */
static bool is_unknown(
    struct fb_docket *docket, const struct fb_docket_question *question, const struct fb_err *err)
{
    const struct fb_picture none = {.now = FB_TIME_MIN};
    struct fb_err expected, ignored;
    fb_err_init(&expected);
    fb_err_init(&ignored);
    (void)fb_picture_named(&none, question->about, &expected);
    return err->code == expected.code && strcmp(err->message, expected.message) == 0 &&
           fb_excerpt_check(docket->excerpt, &ignored) == FB_OK;
}

/* Answers over more and more records, until an answer looks for none that is not there.
 * E_NOT_FOUND: there is no such system, as all records say; other errors are of the excerpt. */
static enum fb_code answer_by_index(struct fb_docket *docket,
    const struct fb_docket_question *question, struct fb_arena *arena, struct fb_picture *out,
    struct fb_err *err)
{
    /* Every reason is made at once: one that is made later could look for more. */
    struct fb_docket_question whole = *question;
    bool grew = true;
    whole.brief = false;
    enum fb_code code = fb_excerpt_settle(docket->excerpt, &grew, err);
    for (int round = 0; code == FB_OK && grew; round++) {
        struct fb_arena own;
        fb_arena_init(&own, arena->max);
        code = round < ROUNDS_MAX ? answer(docket, &whole, &own, out, err)
                                  : fb_err_set(err, FB_E_UNSUPPORTED, "it took too many rounds");
        code = code ? code : fb_excerpt_settle(docket->excerpt, &grew, err);
        if (code == FB_OK && !grew) {
            fb_arena_adopt(arena, &own);
        }
        fb_arena_release(&own);
    }
    if (code == FB_E_NOT_FOUND && (question->out_verdict || !is_unknown(docket, question, err))) {
        code = fb_err_set(err, FB_E_UNSUPPORTED, "the index cannot say what is not there");
    }
    fb_excerpt_close_index(docket->excerpt);
    return code;
}

/* Opens a docket with an excerpt of it. *out stays NULL where that is not
 * possible and all records are to be read. */
static enum fb_code open_excerpt(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, const struct fb_docket_question *question, struct fb_docket **out,
    struct fb_err *err)
{
    const struct fb_excerpt_of of = {.check = question->is_signed, .before = question->as_of};
    struct fb_docket *docket = NULL;
    struct fb_err ignored;
    fb_err_init(&ignored);
    enum fb_code code = fb_docket_begin(path, clock, is_simulated_clock, false, &docket, err);
    if (code == FB_OK && fb_excerpt_new(docket, &of, &docket->excerpt, &ignored) == FB_OK) {
        code = fb_excerpt_system(docket->excerpt, question->about, err);
        *out = docket;
        return code;
    }
    fb_docket_close(docket);
    return code;
}

enum fb_code fb_docket_open_asked(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, const struct fb_docket_question *question, struct fb_arena *arena,
    struct fb_docket **out_docket, struct fb_picture *out, struct fb_err *err)
{
    FB_ASSERT(path && clock && question && arena && out_docket && out);
    struct fb_docket *docket = NULL;
    struct fb_docket_question of_one = *question;
    if (question->out_verdict) {
        of_one.about = system_named(question->verdict);
    }
    bool serves = of_one.about.len > 0 && !question->known && !question->naive;
    enum fb_code code =
        serves ? open_excerpt(path, clock, is_simulated_clock, &of_one, &docket, err) : FB_OK;
    *out_docket = docket;
    if (code != FB_OK && !docket) {
        return code; /* there is no such docket */
    }
    if (docket && code == FB_OK) {
        code = answer_by_index(docket, &of_one, arena, out, err);
        if (code == FB_OK || code == FB_E_NOT_FOUND) {
            return code;
        }
    }
    /* All records answer, or say what is wrong. */
    fb_docket_close(docket);
    *out_docket = NULL;
    fb_err_init(err);
    code = fb_docket_open(path, clock, is_simulated_clock, out_docket, err);
    code = code ? code : fb_docket_ask(*out_docket, question, arena, out, err);
    return code || !question->out_verdict
               ? code
               : fb_picture_find(out, question->verdict, arena, question->out_verdict, err);
}

bool fb_docket_is_excerpt(const struct fb_docket *docket)
{
    FB_ASSERT(docket);
    return docket->excerpt != NULL;
}

/* ---- adding ---- */

/* A new excerpt of a docket, as it is now, with what admission rests on in any case. */
static enum fb_code begin_excerpt(struct fb_docket *docket, struct fb_err *err)
{
    struct fb_excerpt *excerpt = NULL;
    bool grew;
    const struct fb_excerpt_of of = {.before = FB_TIME_MAX};
    enum fb_code code = fb_excerpt_new(docket, &of, &excerpt, err);
    code = code ? code : fb_excerpt_settle(excerpt, &grew, err);
    if (code != FB_OK) {
        fb_excerpt_free(excerpt);
        return code;
    }
    /* The records of the old registry are those of the old excerpt. */
    fb_registry_free(docket->registry);
    docket->registry = NULL;
    fb_excerpt_free(docket->excerpt);
    docket->excerpt = excerpt;
    docket->is_behind = false;
    return take_registry(docket, err);
}

enum fb_code fb_docket_open_to_add(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, struct fb_docket **out, struct fb_err *err)
{
    FB_ASSERT(path && clock && out);
    struct fb_docket *docket = NULL;
    struct fb_err ignored;
    fb_err_init(&ignored);
    enum fb_code code = fb_docket_begin(path, clock, is_simulated_clock, false, &docket, err);
    if (code == FB_OK && begin_excerpt(docket, &ignored) != FB_OK) {
        code = fb_docket_reload(docket, err);
    }
    if (code != FB_OK) {
        fb_docket_close(docket);
        return code;
    }
    *out = docket;
    return FB_OK;
}

enum fb_code fb_docket_ready(struct fb_docket *docket, size_t count, struct fb_err *err)
{
    FB_ASSERT(docket);
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (docket->excerpt && (count > fb_limit(FB_DOCKET_FEW_MAX) ||
                               (docket->is_behind && begin_excerpt(docket, &ignored) != FB_OK))) {
        return fb_docket_reload(docket, err);
    }
    return FB_OK;
}

enum fb_code fb_docket_need(struct fb_docket *docket, enum fb_kind kind, const char *field,
    struct fb_str value, struct fb_err *err)
{
    FB_ASSERT(docket && field);
    bool grew = false;
    if (!docket->excerpt) {
        return FB_OK;
    }
    struct fb_err ignored;
    fb_err_init(&ignored);
    enum fb_code code = fb_excerpt_need(docket->excerpt, kind, field, value, &ignored);
    code = code ? code : fb_excerpt_settle(docket->excerpt, &grew, &ignored);
    if (code == FB_OK && grew) {
        code = take_registry(docket, &ignored);
    }
    return code == FB_OK ? FB_OK : fb_docket_reload(docket, err);
}

enum fb_code fb_docket_try(
    struct fb_docket *docket, fb_docket_attempt attempt, void *ctx, struct fb_err *err)
{
    FB_ASSERT(docket && docket->excerpt && attempt);
    struct fb_err ignored;
    enum fb_code code = FB_OK;
    bool grew = true;
    docket->is_settled = false;
    fb_err_init(&ignored);
    for (int round = 0; grew; round++) {
        fb_err_init(err);
        code = round < ROUNDS_MAX ? take_registry(docket, err)
                                  : fb_err_set(err, FB_E_UNSUPPORTED, "it took too many rounds");
        if (code != FB_OK) {
            return code;
        }
        code = attempt(ctx, err);
        if (fb_excerpt_settle(docket->excerpt, &grew, err) != FB_OK) {
            return err->code;
        }
    }
    /* Of what was not appended nothing stays. */
    docket->is_settled = code == FB_OK || take_registry(docket, &ignored) == FB_OK;
    return code;
}
