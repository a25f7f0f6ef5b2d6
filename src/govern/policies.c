/* policies.c: which version of which policy is in force when. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "govern/resident.h"

/* The document of a policy record. */
static enum fb_code read_text(const struct fb_govern_input *input, const struct fb_record *record,
    struct fb_buf *out, struct fb_err *err)
{
    struct fb_str digest = fb_record_text(record, "document");
    enum fb_code code = input->read_blob(input->blob_ctx, digest, out, err);
    if (code != FB_OK) {
        fb_err_prefix(err, "policy record '%.*s'", FB_STR_ARG(record->id));
    }
    return code;
}

static enum fb_code compile_text(const struct fb_record *record, struct fb_str text,
    struct fb_arena *arena, struct fb_program **out, struct fb_err *err)
{
    struct fb_policy_errors *errors = fb_calloc(1, sizeof(*errors));
    if (!errors) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    struct fb_str name = fb_arena_printf(arena, "%.*s", FB_STR_ARG(record->id));
    enum fb_code code = name.ptr ? fb_policy_compile(text, name.ptr, arena, out, errors)
                                 : fb_arena_failed(arena, &errors->items[0]);
    if (code != FB_OK) {
        *err = errors->items[0];
    }
    fb_free(errors);
    return code;
}

enum fb_code fb_work_compile(const struct fb_govern_input *input, const struct fb_record *record,
    struct fb_arena *arena, struct fb_program **out, struct fb_err *err)
{
    FB_ASSERT(input && record && arena && out);
    struct fb_buf text;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    enum fb_code code = read_text(input, record, &text, err);
    code = code ? code : compile_text(record, fb_buf_str(&text), arena, out, err);
    fb_buf_release(&text);
    return code;
}

enum { TEXTS = 512 /* are held at a time, of policies that are compiled at once */ };

/* Some versions whose programs are made, each from its text. */
struct compiling {
    struct fb_version *versions;
    struct fb_buf texts[TEXTS];
};

/* Part of a step: the program of a version. */
static enum fb_code compile_part(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    struct compiling *compiling = ctx;
    struct fb_version *version = &compiling->versions[part];
    return compile_text(
        version->view->record, fb_buf_str(&compiling->texts[part]), arena, &version->program, err);
}

/* Compiles some versions. Their texts are read by one thread: who gives them need not be asked by
 * several. What cannot be read is told once all before it could be compiled. */
static enum fb_code compile_some(
    struct fb_work *work, struct fb_version *versions, size_t count, struct fb_err *err)
{
    struct compiling compiling = {.versions = versions};
    size_t read = 0;
    struct fb_err error;
    enum fb_code code = FB_OK;
    fb_err_init(&error);
    for (size_t i = 0; i < count; i++) {
        fb_buf_init(&compiling.texts[i], FB_POLICY_TEXT_MAX);
    }
    while (code == FB_OK && read < count) {
        code = read_text(work->input, versions[read].view->record, &compiling.texts[read], &error);
        read += code == FB_OK ? 1 : 0;
    }
    enum fb_code compiled = fb_work_run_parts(work, read, compile_part, &compiling, err);
    if (compiled == FB_OK && code != FB_OK) {
        *err = error;
    }
    for (size_t i = 0; i < count; i++) {
        fb_buf_release(&compiling.texts[i]);
    }
    return compiled ? compiled : code;
}

/* The programs of all versions. */
static enum fb_code compile_all(struct fb_work *work, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && work->resident && i < work->version_count; i++) {
        struct fb_version *version = &work->versions[i];
        code = fb_resident_program(work, version->view->record, &version->program, err);
    }
    for (size_t i = 0; code == FB_OK && !work->resident && i < work->version_count; i += TEXTS) {
        size_t left = work->version_count - i;
        code = compile_some(work, &work->versions[i], left < TEXTS ? left : TEXTS, err);
    }
    return code;
}

static int by_name(const void *a, const void *b)
{
    const struct fb_version *const *x = a;
    const struct fb_version *const *y = b;
    int order = fb_str_cmp((*x)->program->name, (*y)->program->name);
    return order ? order : fb_str_cmp((*x)->view->record->issuer, (*y)->view->record->issuer);
}

static int by_name_then_record(const void *a, const void *b)
{
    const struct fb_version *const *x = a;
    const struct fb_version *const *y = b;
    int order = by_name(a, b);
    return order ? order : (*x > *y) - (*x < *y);
}

struct fb_version **fb_work_versions_of(
    const struct fb_work *work, const struct fb_version *version, size_t *out_count)
{
    FB_ASSERT(work && version && out_count);
    size_t low = 0;
    for (size_t high = work->version_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (by_name(&work->named[middle], &version) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < work->version_count && by_name(&work->named[end], &version) == 0) {
        end++;
    }
    *out_count = end - low;
    return work->named + low;
}

/* What a version opened ends when a later one that replaces it comes into force. */
static void set_replaced(struct fb_work *work, struct fb_version *older)
{
    size_t count;
    struct fb_version **same = fb_work_versions_of(work, older, &count);
    struct fb_program *program = older->program;
    for (size_t i = 0; i < count; i++) {
        bool counts =
            fb_registry_disowned(work->input->registry, same[i]->view->record) == FB_TIME_MAX;
        bool later = same[i]->program->replaces && same[i]->program->version > program->version;
        /* One that is overtaken before it begins replaces nothing. */
        if (counts && later && same[i]->from < same[i]->until &&
            (!program->replaced || same[i]->from < program->replaced_from)) {
            program->replaced = true;
            program->replaced_from = same[i]->from;
        }
    }
}

/* From when clocks run at the earliest that run from a date on record. A law applied from its own
 * date, whenever the docket got it. What says no date applies from its force on, and so does what a
 * later version, or a correction, changes of one that was in force. */
static fb_time clocks_from(struct fb_work *work, const struct fb_version *version)
{
    size_t count;
    const struct fb_record *record = version->view->record;
    struct fb_version **same = fb_work_versions_of(work, version, &count);
    for (size_t i = 0; i < count; i++) {
        const struct fb_record *other = same[i]->view->record;
        bool counts = fb_registry_disowned(work->input->registry, other) == FB_TIME_MAX;
        bool was_in_force = same[i]->from < version->from && same[i]->from < same[i]->until;
        if (counts && was_in_force && same[i]->program->version <= version->program->version &&
            other->seq < record->seq) {
            return version->from;
        }
    }
    fb_time written = version->program->written;
    return written == FB_TIME_MIN ? version->from : written;
}

/* A version is in force from the later of its effective date and its admission until it expires, is
 * superseded or the next version of the same name and issuer begins. */
static void set_force(struct fb_work *work)
{
    for (size_t i = 0; i < work->version_count; i++) {
        struct fb_version *version = &work->versions[i];
        fb_time admitted = version->view->record->admitted;
        version->from =
            version->program->effective > admitted ? version->program->effective : admitted;
        fb_time superseded = fb_work_superseded(work, version->view->record);
        fb_time expires = version->program->expires;
        version->until = superseded < expires ? superseded : expires;
    }
    for (size_t i = 0; i < work->version_count; i++) {
        struct fb_version *older = &work->versions[i];
        size_t count;
        struct fb_version **same = fb_work_versions_of(work, older, &count);
        for (size_t k = 0; k < count; k++) {
            /* What a stolen key put in its place takes no policy out of force. */
            bool counts =
                fb_registry_disowned(work->input->registry, same[k]->view->record) == FB_TIME_MAX;
            if (counts && same[k]->program->version > older->program->version &&
                same[k]->from < older->until) {
                older->until = same[k]->from;
            }
        }
    }
    for (size_t i = 0; i < work->version_count; i++) {
        set_replaced(work, &work->versions[i]);
    }
    for (size_t i = 0; i < work->version_count; i++) {
        struct fb_version *version = &work->versions[i];
        fb_time now = work->input->now;
        version->program->clocks_from = clocks_from(work, version);
        version->program->effective = version->from;
        version->program->expires = version->until;
        version->view->program = version->program;
        /* One that is overtaken before it begins never comes into force. */
        version->view->force = now >= version->until  ? FB_EXPIRED
                               : now >= version->from ? FB_IN_FORCE
                                                      : FB_NOT_YET_IN_FORCE;
    }
}

enum fb_code fb_work_policies(struct fb_work *work, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    size_t count = fb_registry_count_of(registry, FB_KIND_policy);
    if (count > FB_WORK_POLICIES_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "the docket holds more than %d policies", FB_WORK_POLICIES_MAX);
    }
    work->versions = FB_ARENA_ARRAY(work->arena, struct fb_version, count + 1);
    work->picture->policies = FB_ARENA_ARRAY(work->arena, struct fb_policy_view, count + 1);
    work->named = FB_ARENA_ARRAY(work->arena, struct fb_version *, count + 1);
    if (!work->versions || !work->named || !work->picture->policies) {
        return fb_arena_failed(work->arena, err);
    }
    const struct fb_record *record = fb_registry_first(registry, FB_KIND_policy);
    for (; record; record = fb_registry_next(registry, record)) {
        struct fb_version *version = &work->versions[work->version_count];
        version->view = &work->picture->policies[work->picture->policy_count++];
        version->view->record = record;
        work->named[work->version_count++] = version;
        FB_ASSERT(work->version_count <= count);
    }
    enum fb_code code = compile_all(work, err);
    if (code != FB_OK) {
        return code;
    }
    qsort(work->named, work->version_count, sizeof(struct fb_version *), by_name_then_record);
    set_force(work);
    /* A version comes into force at an instant of its own, also when nothing happens then. */
    for (size_t i = 0; code == FB_OK && i < work->version_count; i++) {
        code = fb_work_add_time(work, work->versions[i].from, err);
    }
    return code;
}
