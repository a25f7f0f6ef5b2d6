/* resident.c: facts that stay, and what a new record does to them. */
#include "govern/resident.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/limit.h"
#include "base/workers.h"
#include "lang/lint.h"

/* Memory of facts and of programs. */
#define FACTS_MAX ((size_t)64 << 30)
#define PROGRAMS_MAX ((size_t)4 << 30)

/* A compiled policy, by the sequence number of its record. */
struct kept_program {
    uint64_t seq;
    struct fb_program *program;
    bool serves; /* every rule of it can be cut out of facts that grow */
};

struct fb_resident {
    const struct fb_registry *registry;
    struct fb_arena arena; /* of the facts */
    struct fb_govern_input input;
    struct fb_picture picture; /* all systems */
    struct fb_work work;       /* collects the facts */
    struct fb_access *access;
    const struct fb_access_watch *watch; /* who is told what is asked of it; or NULL */
    struct fb_kept *kept;                /* what slices met in it */
    size_t seen;                         /* records that were taken in */
    size_t spent;                        /* tuples that ended where they began */
    size_t walks;                        /* through what was made from a system */
    size_t facts; /* tuples of the trace that are facts; those behind are of one evaluation */
    struct fb_arena program_arena;
    struct kept_program *programs; /* by seq */
    size_t program_count;
    size_t program_cap;
};

enum fb_code fb_resident_new(
    const struct fb_registry *registry, struct fb_resident **out, struct fb_err *err)
{
    FB_ASSERT(registry && out);
    struct fb_resident *resident = fb_calloc(1, sizeof(*resident));
    if (!resident) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    resident->registry = registry;
    fb_arena_init(&resident->arena, FACTS_MAX);
    fb_arena_init(&resident->program_arena, PROGRAMS_MAX);
    *out = resident;
    return FB_OK;
}

void fb_resident_free(struct fb_resident *resident)
{
    if (resident) {
        fb_arena_release(&resident->arena);
        fb_arena_release(&resident->program_arena);
        fb_free(resident->programs);
        fb_free(resident);
    }
}

void fb_resident_excerpt(struct fb_resident *resident, const struct fb_registry *registry,
    const struct fb_access_watch *watch)
{
    FB_ASSERT(resident && registry && watch);
    resident->registry = registry;
    resident->watch = watch;
    resident->access = NULL; /* all facts are collected again */
    resident->seen = 0;
}

bool fb_resident_served(const struct fb_resident *resident)
{
    FB_ASSERT(resident);
    return resident->access != NULL;
}

bool fb_resident_serves(const struct fb_govern_input *input)
{
    FB_ASSERT(input);
    FB_ASSERT(!input->resident || input->resident->registry == input->registry);
    return input->resident && input->about.len > 0 && !input->naive &&
           fb_registry_count(input->registry) > 0;
}

/* ---- programs ---- */

/* Whether every rule can be cut out of facts that grow, and none looks at what was computed of
 * other systems. */
static enum fb_code look_at(const struct fb_program *program, bool *out, struct fb_err *err)
{
    bool serves = true;
    for (size_t i = 0; serves && i < program->redline_count; i++) {
        const struct fb_redline *rule = &program->redlines[i];
        serves = (!rule->inside || fb_form_sliced(rule->inside)) &&
                 (!rule->outside || fb_form_sliced(rule->outside));
    }
    for (size_t i = 0; serves && i < program->duty_count; i++) {
        enum fb_slicing slicing;
        enum fb_code code = fb_duty_slicing(&program->duties[i], &slicing, err);
        if (code != FB_OK) {
            return code;
        }
        serves = slicing == FB_SLICED && !fb_duty_reads_others(&program->duties[i]);
    }
    *out = serves;
    return FB_OK;
}

/* The place of a program, or where it would go: records of policies come in order. */
static size_t program_place(const struct fb_resident *resident, uint64_t seq)
{
    size_t low = 0, high = resident->program_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (resident->programs[middle].seq < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum fb_code keep_program(
    struct fb_resident *resident, struct kept_program program, struct fb_err *err)
{
    FB_ASSERT(program_place(resident, program.seq) == resident->program_count);
    if (resident->program_count == resident->program_cap) {
        size_t cap = resident->program_cap ? 2 * resident->program_cap : 64;
        struct kept_program *grown = fb_realloc(resident->programs, cap * sizeof(*grown));
        if (!grown) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out");
        }
        resident->programs = grown;
        resident->program_cap = cap;
    }
    resident->programs[resident->program_count++] = program;
    return FB_OK;
}

enum fb_code fb_resident_program(struct fb_work *work, const struct fb_record *record,
    struct fb_program **out, struct fb_err *err)
{
    FB_ASSERT(work && work->resident && record && out);
    struct fb_resident *resident = work->resident;
    size_t at = program_place(resident, record->seq);
    bool there = at < resident->program_count && resident->programs[at].seq == record->seq;
    struct kept_program made = {.seq = record->seq};
    enum fb_code code = FB_OK;
    if (!there) {
        code = fb_work_compile(work->input, record, &resident->program_arena, &made.program, err);
        code = code ? code : look_at(made.program, &made.serves, err);
        code = code ? code : keep_program(resident, made, err);
    }
    struct fb_program *copy = FB_ARENA_NEW(work->arena, struct fb_program);
    if (code == FB_OK && !copy) {
        code = fb_arena_failed(work->arena, err);
    }
    if (code == FB_OK) {
        *copy = *resident->programs[at].program;
        *out = copy;
    }
    return code;
}

/* ---- facts ---- */

/* The tuples that a work has found join the trace; what was there before the first record begins
 * with it. */
static enum fb_code join(struct fb_resident *resident, struct fb_work *work, struct fb_err *err)
{
    fb_time first = fb_registry_at(resident->registry, 0)->admitted;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < work->timed_count; i++) {
        const struct fb_timed *timed = &work->timed[i];
        const struct fb_tuple tuple = {.relation = timed->relation,
            .from = fb_tp_of_time(timed->from > first ? timed->from : first),
            .until = fb_tp_of_time(timed->until),
            .values = timed->values,
            .seq = timed->seq,
            .record_id = timed->record_id,
            .why = timed->why,
            .correction = timed->correction};
        code = tuple.from < tuple.until ? fb_access_add(resident->access, &tuple, err) : FB_OK;
    }
    work->timed_count = 0;
    return code;
}

/* Begins anew, from all records. */
static enum fb_code rebuild(struct fb_resident *resident, struct fb_err *err)
{
    fb_arena_release(&resident->arena);
    resident->seen = resident->spent = resident->facts = 0;
    resident->access = NULL;
    /* Of facts the times are not listed: none is before this. */
    resident->input = (struct fb_govern_input){
        .registry = resident->registry, .now = FB_TIME_MIN, .threads = fb_workers_here()};
    resident->picture = (struct fb_picture){.now = FB_TIME_MIN};
    resident->work = (struct fb_work){
        .input = &resident->input, .arena = &resident->arena, .picture = &resident->picture};
    enum fb_code code =
        fb_access_grow(fb_policy_signature(), &resident->arena, &resident->access, err);
    if (code == FB_OK && resident->watch) {
        fb_access_watched(resident->access, resident->watch);
    }
    code = code ? code : fb_kept_new(&resident->arena, &resident->kept, err);
    code = code ? code : fb_work_collect(&resident->work, err);
    return code ? code : join(resident, &resident->work, err);
}

/* Tuples of a relation with a value in a column (at -1: all of them), but those of the record with
 * number `but`, end at an instant; at FB_TIME_MIN: they never were. */
static enum fb_code end_tuples(struct fb_resident *resident, uint32_t relation, int column,
    struct fb_str value, fb_time at, uint64_t but, struct fb_err *err)
{
    struct fb_value values[FB_IR_ARITY_MAX] = {{.type = FB_TYPE_NONE}};
    struct fb_access_walk walk;
    size_t end = fb_tp_of_time(at);
    if (column >= 0) {
        values[column] = fb_value_str(value);
    }
    enum fb_code code = fb_access_find(
        resident->access, relation, column < 0 ? 0 : (uint64_t)1 << column, values, &walk, err);
    for (uint32_t id; code == FB_OK && (id = fb_access_next(&walk)) != FB_ACCESS_NONE;) {
        const struct fb_tuple *tuple = &fb_access_trace(resident->access)->tuples[id];
        if (tuple->seq != but && tuple->from < tuple->until && end < tuple->until) {
            resident->spent += end <= tuple->from;
            code = fb_access_end(resident->access, id, end, err);
        }
    }
    return code;
}

static uint32_t relation_named(const char *name)
{
    int relation = fb_policy_relation(name);
    FB_ASSERT(relation >= 0);
    return (uint32_t)relation;
}

/* All tuples of a relation are made again. */
static enum fb_code renew(struct fb_resident *resident, const char *relation,
    enum fb_code (*make)(struct fb_work *, struct fb_err *), struct fb_err *err)
{
    enum fb_code code = end_tuples(
        resident, relation_named(relation), -1, FB_STR(""), FB_TIME_MIN, FB_WHY_NO_RECORD, err);
    return code ? code : make(&resident->work, err);
}

static enum fb_code make_orders(struct fb_work *work, struct fb_err *err)
{
    const struct fb_record *record = fb_registry_first(work->input->registry, FB_KIND_order);
    enum fb_code code = FB_OK;
    for (; record && code == FB_OK; record = fb_registry_next(work->input->registry, record)) {
        code = fb_work_order_facts(work, record, err);
    }
    return code;
}

static enum fb_code make_waivers(struct fb_work *work, struct fb_err *err)
{
    const struct fb_record *record = fb_registry_first(work->input->registry, FB_KIND_decision);
    enum fb_code code = FB_OK;
    for (; record && code == FB_OK; record = fb_registry_next(work->input->registry, record)) {
        code = fb_work_waiver(work, record, err);
    }
    return code;
}

static enum fb_code push(size_t **list, size_t *count, size_t *cap, size_t item, struct fb_err *err)
{
    if (*count == *cap) {
        size_t more = *cap ? 2 * *cap : 16;
        size_t *grown = fb_realloc(*list, more * sizeof(*grown));
        if (!grown) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out");
        }
        *list = grown;
        *cap = more;
    }
    (*list)[(*count)++] = item;
    return FB_OK;
}

/* The levels that are shown of the system that a record is about. */
static enum fb_code renew_levels(struct fb_resident *resident, struct fb_str id, struct fb_err *err)
{
    enum { SUBJECT_COLUMN = 1 };
    size_t system = fb_picture_system(&resident->picture, id);
    if (system == SIZE_MAX) {
        return FB_OK;
    }
    enum fb_code code = end_tuples(resident, relation_named("level_held"), SUBJECT_COLUMN, id,
        FB_TIME_MIN, FB_WHY_NO_RECORD, err);
    return code ? code : fb_work_levels(&resident->work, &resident->picture.systems[system], err);
}

/* What was used of the original's compute by every system that was made from one, itself among
 * them. */
static enum fb_code renew_shares(struct fb_resident *resident, struct fb_str id, struct fb_err *err)
{
    enum { SUBJECT_COLUMN = 1 };
    struct fb_work *work = &resident->work;
    size_t system = fb_picture_system(&resident->picture, id), count = 0, cap = 0;
    size_t *open = NULL;
    if (system == SIZE_MAX ||
        (!work->parts[system].is_modified && work->parts[system].child_count == 0)) {
        return FB_OK;
    }
    enum fb_code code = push(&open, &count, &cap, system, err);
    resident->walks++;
    while (code == FB_OK && count > 0) {
        system = open[--count];
        struct fb_system_parts *parts = &work->parts[system];
        if (parts->met == resident->walks) {
            continue;
        }
        parts->met = resident->walks;
        if (parts->is_modified) {
            code = end_tuples(resident, relation_named("share_of_original"), SUBJECT_COLUMN,
                resident->picture.systems[system].id, FB_TIME_MIN, FB_WHY_NO_RECORD, err);
            code = code ? code : fb_work_shares(work, system, err);
        }
        for (size_t i = 0; code == FB_OK && i < parts->child_count; i++) {
            code = push(&open, &count, &cap, parts->children[i], err);
        }
    }
    fb_free(open);
    return code;
}

/* The shares that rest on a record of a system or of a run, and on what it corrects. */
static enum fb_code renew_shares_by(
    struct fb_resident *resident, const struct fb_record *record, struct fb_err *err)
{
    const struct fb_work *work = &resident->work;
    if (record->kind == FB_KIND_system) {
        return renew_shares(resident, fb_work_root(work, record)->id, err);
    }
    const struct fb_record *older =
        record->supersedes.len ? fb_registry_find(resident->registry, record->supersedes) : NULL;
    enum fb_code code = renew_shares(resident, fb_work_subject(work, record), err);
    return code || !older ? code : renew_shares(resident, fb_work_subject(work, older), err);
}

/* What several records say together, after one of them came. */
static enum fb_code renew_derived(
    struct fb_resident *resident, const struct fb_record *record, struct fb_err *err)
{
    struct fb_work *work = &resident->work;
    bool corrects = record->supersedes.len > 0;
    enum fb_kind kind = record->kind;
    enum fb_code code = FB_OK;
    if (kind == FB_KIND_grant || kind == FB_KIND_access) {
        code = renew(resident, "grant_standing", fb_work_grants, err);
    } else if (kind == FB_KIND_audit || kind == FB_KIND_measure) {
        code = renew_levels(resident, fb_work_subject(work, record), err);
    } else if (kind == FB_KIND_system && corrects) {
        code = renew_levels(resident, fb_work_root(work, record)->id, err);
    } else if (kind == FB_KIND_order) {
        code = renew(resident, "order_in_force", make_orders, err);
    } else if (kind == FB_KIND_decision && corrects) {
        code = renew(resident, "waiver_in_force", make_waivers, err);
    }
    if (code == FB_OK && (kind == FB_KIND_system || kind == FB_KIND_run)) {
        code = renew_shares_by(resident, record, err);
    }
    /* A report that was corrected at once never held, and its receipt with it. */
    if (code == FB_OK && (kind == FB_KIND_decision || (kind == FB_KIND_report && corrects))) {
        code = renew(resident, "report_received", fb_work_receipts, err);
    }
    return code;
}

/* True for a record that changes more of what was there than is done piece by piece: a key that may
 * take back what it signed, a sum of which a part is corrected. */
static bool reaches_far(const struct fb_record *record)
{
    return record->supersedes.len > 0 &&
           (record->kind == FB_KIND_key || record->kind == FB_KIND_usage);
}

/* Takes in one record that was added. */
static enum fb_code follow(
    struct fb_resident *resident, const struct fb_record *record, struct fb_err *err)
{
    enum { ID_COLUMN = 0 };
    struct fb_work *work = &resident->work;
    struct fb_str root = fb_work_root(work, record)->id;
    enum fb_code code = FB_OK;
    if (record->supersedes.len > 0) {
        code = end_tuples(resident, relation_named(fb_kind_name(record->kind)), ID_COLUMN, root,
            record->admitted, record->seq, err);
        if (record->kind == FB_KIND_system) {
            fb_work_renew_system(work, fb_picture_system(&resident->picture, root));
        }
    }
    code = code ? code : fb_work_take(work, record, err);
    code = code ? code : join(resident, work, err);
    code = code ? code : renew_derived(resident, record, err);
    return code ? code : join(resident, work, err);
}

/* Takes back what the last evaluation added, and in what was recorded since. */
static enum fb_code catch_up(struct fb_resident *resident, struct fb_err *err)
{
    size_t count = fb_registry_count(resident->registry);
    if (resident->access) {
        fb_access_undo(resident->access, resident->facts);
    }
    bool anew = !resident->access || count < resident->seen;
    for (size_t i = resident->seen; i < count && !anew; i++) {
        anew = reaches_far(fb_registry_at(resident->registry, i));
    }
    enum fb_code code = anew ? rebuild(resident, err) : FB_OK;
    for (size_t i = resident->seen; code == FB_OK && !anew && i < count; i++) {
        code = follow(resident, fb_registry_at(resident->registry, i), err);
        resident->seen += code == FB_OK;
    }
    if (code == FB_OK && resident->spent > fb_limit(FB_RESIDENT_SPENT_MAX) + resident->facts / 4) {
        code = rebuild(resident, err);
    }
    if (code != FB_OK) {
        resident->access = NULL; /* half a step: the next one begins anew */
        return code;
    }
    resident->seen = count;
    resident->facts = fb_access_trace(resident->access)->tuple_count;
    fb_kept_stay(resident->kept, resident->facts);
    return FB_OK;
}

/* The one system that is asked for becomes that of the picture. */
static enum fb_code show_system(struct fb_work *work, struct fb_err *err)
{
    struct fb_resident *resident = work->resident;
    const struct fb_system_view *view =
        fb_picture_named(&resident->picture, work->input->about, err);
    if (!view) {
        return err->code;
    }
    enum fb_code code = fb_picture_reserve(work->picture, 1, work->arena, err);
    if (code == FB_OK) {
        fb_picture_add_system(work->picture, view);
        work->parts = &resident->work.parts[view - resident->picture.systems];
    }
    return code;
}

enum fb_code fb_resident_facts(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work && work->resident);
    struct fb_resident *resident = work->resident;
    bool serves = true;
    for (size_t i = 0; i < resident->program_count; i++) {
        serves = serves && resident->programs[i].serves;
    }
    if (!serves) {
        /* It never will again: policies are not taken back. */
        fb_arena_release(&resident->arena);
        resident->access = NULL;
        resident->seen = 0;
        work->resident = NULL;
        return fb_work_collect(work, err);
    }
    enum fb_code code = catch_up(resident, err);
    return code ? code : show_system(work, err);
}

enum fb_code fb_resident_reach(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work && work->resident && work->resident->access);
    struct fb_resident *resident = work->resident;
    enum fb_code code = join(resident, work, err);
    if (code != FB_OK) {
        resident->access = NULL; /* half of it joined: the next one begins anew */
        return code;
    }
    fb_access_until(resident->access, work->input->now);
    fb_access_tell(resident->access, fb_work_tells(work) ? fb_work_tell : NULL, work);
    work->trace = *fb_access_trace(resident->access);
    work->access = resident->access;
    work->kept = resident->kept;
    return code;
}
