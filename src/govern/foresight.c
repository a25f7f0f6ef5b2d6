/* foresight.c: whether the hazard of a harm stood in a record before the harm. */
#include <stdlib.h>

#include "base/assert.h"
#include "govern/acceptance.h"
#include "govern/dossier.h"
#include "record/classes.h"

/* Bytes of a passage around the word that was found. */
enum { AROUND = 90 };

const char *fb_foresight_name(enum fb_foresight foresight)
{
    static const char *const names[] = {
        "foreseen", "foreseen by its date", "not found", "cannot tell"};
    FB_ASSERT(foresight <= FB_FORESEEN_UNKNOWN);
    return names[foresight];
}

const char *fb_warning_link_name(enum fb_warning_link link)
{
    static const char *const names[] = {"hazard", "class", "words"};
    FB_ASSERT(link <= FB_WARNING_WORDS);
    return names[link];
}

/* The search for one harm. */
struct search {
    struct fb_dossier_work *work;
    struct fb_harm *harm;
    const struct fb_class *class; /* NULL: a class that is not in the common vocabulary */
    struct fb_str class_name;
    size_t cap;
    bool failed;
};

static fb_time time_of(const struct fb_record *record, const char *field)
{
    int at = fb_kind_field(record->kind, fb_str_of(field));
    FB_ASSERT(at >= 0);
    struct fb_value value = fb_record_value(record, (size_t)at);
    return value.type == FB_TYPE_TIME ? value.u.time : FB_TIME_MAX;
}

/* A passage without half characters at its ends. */
static struct fb_str around(struct fb_str text, size_t at, size_t len)
{
    size_t from = at > AROUND ? at - AROUND : 0;
    size_t end = at + len + AROUND < text.len ? at + len + AROUND : text.len;
    while (from > 0 && ((unsigned char)text.ptr[from] & 0xC0) == 0x80) {
        from--;
    }
    while (end < text.len && ((unsigned char)text.ptr[end] & 0xC0) == 0x80) {
        end++;
    }
    return fb_str_sub(text, from, end - from);
}

static char plain(char c)
{
    return c == '_' || c == ' ' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether two names are one but for case and what joins their words. */
static bool same_name(struct fb_str a, struct fb_str b)
{
    bool same = a.len == b.len && a.len > 0;
    for (size_t i = 0; same && i < a.len; i++) {
        same = plain(a.ptr[i]) == plain(b.ptr[i]);
    }
    return same;
}

/* Whether the class says what kind of harm it is: near_miss does not. */
static bool is_telling(const struct search *search)
{
    return !search->class || search->class->terms[0];
}

/* Whether a name is that of a hazard of the incident, or of its class. */
static bool is_hazard(const struct search *search, struct fb_str name)
{
    const struct fb_json *stated = fb_json_get(search->harm->incident.head->body, "hazards");
    if (is_telling(search) && same_name(name, search->class_name)) {
        return true;
    }
    for (const struct fb_json *one = stated ? stated->child : NULL; one; one = one->next) {
        if (same_name(name, one->text)) {
            return true;
        }
    }
    return false;
}

/* When a record counts as a warning. */
static bool grade_of(
    const struct search *search, const struct fb_record *record, enum fb_warning_grade *out)
{
    if (record->admitted < search->harm->before) {
        *out = FB_WARNING_ON_LEDGER;
        return true;
    }
    *out = FB_WARNING_BY_DATE;
    return record->at < search->harm->before;
}

static void add(struct search *search, struct fb_warning warning)
{
    struct fb_harm *harm = search->harm;
    if (!grade_of(search, warning.record, &warning.grade)) {
        return;
    }
    if (harm->warnings_all == search->cap) {
        size_t cap = search->cap ? 2 * search->cap : 16;
        struct fb_warning *grown = FB_ARENA_ARRAY(search->work->arena, struct fb_warning, cap);
        if (!grown) {
            search->failed = true;
            return;
        }
        for (size_t i = 0; i < harm->warnings_all; i++) {
            grown[i] = harm->warnings[i];
        }
        harm->warnings = grown;
        search->cap = cap;
    }
    harm->warnings[harm->warnings_all++] = warning;
}

/* Adds a name that is the hazard's; true when it is. */
static bool add_name(struct search *search, const struct fb_record *record, struct fb_str place,
    struct fb_str name, bool elsewhere)
{
    if (!is_hazard(search, name)) {
        return false;
    }
    add(search, (struct fb_warning){.record = record,
                    .place = place,
                    .words = name,
                    .term = name,
                    .by = name,
                    .link = FB_WARNING_NAMED,
                    .elsewhere = elsewhere});
    return true;
}

/* Adds a text that speaks of the hazard; true when it does. */
static bool add_text(struct search *search, const struct fb_record *record, struct fb_str place,
    struct fb_str text, bool elsewhere)
{
    struct fb_class_match match;
    if (!search->class || !fb_class_speaks(search->class, text, &match)) {
        return false;
    }
    add(search, (struct fb_warning){.record = record,
                    .place = place,
                    .words = around(text, match.at, match.len),
                    .term = fb_str_sub(text, match.at, match.len),
                    .by = match.term,
                    .link = FB_WARNING_WORDS,
                    .elsewhere = elsewhere});
    return true;
}

/* The first field of a record that names the hazard; where none does, the first that speaks of it.
 */
static void read_fields(struct search *search, const struct fb_record *record, bool elsewhere)
{
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (int by_words = 0; by_words < 2; by_words++) {
        for (size_t i = 0; i < count; i++) {
            enum fb_field_type type = fields[i].type;
            struct fb_str place = fb_str_of(fields[i].name);
            bool is_text =
                type == FB_FIELD_STRING || type == FB_FIELD_TEXT || type == FB_FIELD_NAME;
            if (!is_text || (!by_words && type != FB_FIELD_NAME)) {
                continue;
            }
            struct fb_str text = fb_record_text(record, fields[i].name);
            if (by_words ? add_text(search, record, place, text, elsewhere)
                         : add_name(search, record, place, text, elsewhere)) {
                return;
            }
        }
    }
}

/* What a claim is bound to: a hazard, a mitigation, an outcome or a red line that is the hazard's
 * by its name, or a hazard whose name speaks of it. */
static bool read_binding(struct search *search, const struct fb_record *record,
    const struct fb_binding *binding, bool elsewhere)
{
    static const char *const places[FB_BINDING_KINDS] = {[FB_BINDING_HAZARD] = "hazard",
        [FB_BINDING_MITIGATION] = "mitigation",
        [FB_BINDING_OUTCOME] = "outcome",
        [FB_BINDING_LINE] = "red line"};
    const char *place = places[binding->kind];
    if (!place) {
        return false;
    }
    struct fb_str name = binding->name;
    for (size_t i = name.len; binding->kind == FB_BINDING_LINE && i-- > 0;) {
        if (name.ptr[i] == '/') {
            name = fb_str_sub(name, i + 1, name.len);
        }
    }
    return add_name(search, record, fb_str_of(place), name, elsewhere) ||
           (binding->kind == FB_BINDING_HAZARD &&
               add_text(search, record, fb_str_of(place), name, elsewhere));
}

/* Every claim of an argument that speaks of the hazard, or is bound to it. */
static void read_case(struct search *search, const struct fb_record *record, bool elsewhere)
{
    const struct fb_work *work = search->work->picture->work;
    const struct fb_case *argument = NULL;
    bool known = false;
    for (size_t i = 0; i < work->case_version_count && !known; i++) {
        known = work->case_versions[i]->record == record;
        argument = known ? work->case_versions[i]->argument : NULL;
    }
    if (!argument) {
        enum fb_warning_grade ignored;
        search->harm->unread += known && grade_of(search, record, &ignored);
        read_fields(search, record, elsewhere);
        return;
    }
    bool any = false;
    for (size_t i = 0; i < argument->element_count; i++) {
        const struct fb_element *element = &argument->elements[i];
        struct fb_str place = fb_arena_printf(search->work->arena, "%s %.*s",
            fb_element_kind_name(element->kind), FB_STR_ARG(element->id));
        search->failed = search->failed || !place.ptr;
        any = add_text(search, record, place, element->text, elsewhere) || any;
    }
    for (size_t i = 0; i < argument->binding_count; i++) {
        any = read_binding(search, record, &argument->bindings[i], elsewhere) || any;
    }
    if (!any) {
        read_fields(search, record, elsewhere);
    }
}

/* The first hazard that an incident states which is one of the harm's; empty when none is. */
static struct fb_str shared_hazard(const struct search *search, const struct fb_record *record)
{
    const struct fb_json *stated = fb_json_get(record->body, "hazards");
    for (const struct fb_json *one = stated ? stated->child : NULL; one; one = one->next) {
        if (is_hazard(search, one->text)) {
            return one->text;
        }
    }
    return (struct fb_str){NULL, 0};
}

/* An incident of the same class, or with a hazard in common, that had begun before: of this system,
 * of its developer's, or one that was publicly known. */
static void read_incident(struct search *search, const struct fb_record *record)
{
    const struct fb_dossier_work *work = search->work;
    int field = fb_kind_field(FB_KIND_incident, FB_STR("public"));
    FB_ASSERT(field >= 0);
    struct fb_value open = fb_record_value(record, (size_t)field);
    bool is_public = open.type == FB_TYPE_BOOL && open.u.truth;
    bool own = fb_dossier_had_part(work, record);
    size_t other =
        fb_picture_system(work->picture, fb_dossier_root(work->registry, record->subject));
    bool same_maker = other != SIZE_MAX && work->developer.len > 0 &&
                      fb_str_eq(work->picture->systems[other].developer, work->developer);
    fb_time began = time_of(record, "began");
    began = began == FB_TIME_MAX ? record->at : began;
    struct fb_str hazard = shared_hazard(search, record);
    bool same_class =
        is_telling(search) && fb_str_eq(fb_record_text(record, "class"), search->class_name);
    if ((!own && !is_public && !same_maker) || began >= search->harm->before ||
        (!same_class && !hazard.len) ||
        fb_str_eq(fb_dossier_root(work->registry, record->id), search->harm->incident.first->id)) {
        return;
    }
    add(search, (struct fb_warning){.record = record,
                    .place = is_public ? FB_STR("public incident") : FB_STR("incident"),
                    .words = fb_record_text(record, "title"),
                    .by = hazard.len ? hazard : search->class_name,
                    .link = hazard.len ? FB_WARNING_NAMED : FB_WARNING_CLASS,
                    .elsewhere = !own});
}

/* A report, review or decision about another incident of the class; true when it is. */
static bool read_about(struct search *search, const struct fb_record *record, bool elsewhere)
{
    const struct fb_dossier_work *work = search->work;
    if (fb_kind_field(record->kind, FB_STR("about")) < 0) {
        return false;
    }
    struct fb_str about = fb_dossier_root(work->registry, fb_record_text(record, "about"));
    const struct fb_record *incident = about.len ? fb_registry_find(work->registry, about) : NULL;
    if (!incident || incident->kind != FB_KIND_incident || !is_telling(search) ||
        fb_str_eq(about, search->harm->incident.first->id) ||
        !fb_str_eq(fb_record_text(incident, "class"), search->class_name)) {
        return false;
    }
    add(search, (struct fb_warning){.record = record,
                    .place = fb_str_of("about"),
                    .words = fb_record_text(incident, "title"),
                    .by = about,
                    .link = FB_WARNING_CLASS,
                    .elsewhere = elsewhere});
    return true;
}

/* True for a record of one of the systems that this one was made from. */
static bool is_inherited(const struct fb_dossier_work *work, const struct fb_record *record)
{
    struct fb_str subject = fb_dossier_root(work->registry, record->subject);
    for (size_t i = 0; subject.len && i < work->out->lineage_count; i++) {
        if (fb_str_eq(work->out->lineage[i]->id, subject)) {
            return true;
        }
    }
    return false;
}

/* Kinds whose texts can speak of a hazard. */
static const enum fb_kind speaking[] = {FB_KIND_risk, FB_KIND_evaluation, FB_KIND_report,
    FB_KIND_disclosure, FB_KIND_audit, FB_KIND_review, FB_KIND_decision, FB_KIND_order,
    FB_KIND_measure};

static void read_record(struct search *search, const struct fb_record *record)
{
    const struct fb_dossier_work *work = search->work;
    bool own = work->part[record->seq] != 0;
    if (record->kind == FB_KIND_incident) {
        read_incident(search, record);
        return;
    }
    if (!own && !is_inherited(work, record)) {
        return;
    }
    if (record->kind == FB_KIND_case) {
        read_case(search, record, !own);
    }
    for (size_t i = 0; i < sizeof(speaking) / sizeof(speaking[0]); i++) {
        if (speaking[i] == record->kind && !read_about(search, record, !own)) {
            read_fields(search, record, !own);
        }
    }
}

/* The red lines of the system: who drew one had foreseen what it is about. */
static void read_lines(struct search *search)
{
    const struct fb_picture *picture = search->work->picture;
    const struct fb_line_view *view =
        fb_picture_line(picture, search->work->out->system->first.line);
    for (; view; view = fb_picture_line(picture, view->next)) {
        struct fb_str place =
            fb_arena_printf(search->work->arena, "red line %.*s", FB_STR_ARG(view->rule->name));
        search->failed = search->failed || !place.ptr;
        bool found = add_name(search, view->policy->record, place, view->rule->name, false) ||
                     add_text(search, view->policy->record, place, view->rule->title, false) ||
                     add_text(search, view->policy->record, place, view->rule->name, false);
        (void)found;
    }
}

static int by_grade(const void *a, const void *b)
{
    const struct fb_warning *x = a, *y = b;
    if (x->grade != y->grade) {
        return x->grade < y->grade ? -1 : 1;
    }
    if (x->link != y->link) {
        return x->link < y->link ? -1 : 1;
    }
    if (x->record->seq != y->record->seq) {
        return x->record->seq < y->record->seq ? -1 : 1;
    }
    int order = fb_str_cmp(x->place, y->place);
    return order ? order : fb_str_cmp(x->words, y->words);
}

/* From when on a record is no longer one from before the harm. */
static void set_before(struct fb_harm *harm)
{
    static const char *const fields[] = {"began", "known_at"};
    harm->before = harm->incident.head->at;
    harm->since = "at";
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        fb_time t = time_of(harm->incident.head, fields[i]);
        if (t != FB_TIME_MAX) {
            harm->before = t;
            harm->since = fields[i];
            return;
        }
    }
}

enum fb_code fb_dossier_foresee(
    struct fb_dossier_work *work, struct fb_harm *harm, struct fb_err *err)
{
    FB_ASSERT(work && harm && harm->incident.head && work->picture->work);
    struct fb_str name = fb_record_text(harm->incident.head, "class");
    struct search search = {
        .work = work, .harm = harm, .class = fb_class_named(name), .class_name = name};
    set_before(harm);
    bool stated = fb_json_get(harm->incident.head->body, "hazards") != NULL;
    if (search.class && search.class->terms[0] == 0 && !stated) {
        harm->foresight = FB_FORESEEN_UNKNOWN;
        harm->needs = "its class (class): the one on record names no hazard";
        return FB_OK;
    }
    for (size_t i = 0; i < fb_registry_count(work->registry) && !search.failed; i++) {
        const struct fb_record *record = fb_registry_at(work->registry, i);
        if (fb_registry_disowned(work->registry, record) == FB_TIME_MAX) {
            read_record(&search, record);
        }
    }
    read_lines(&search);
    if (search.failed) {
        return fb_arena_failed(work->arena, err);
    }
    if (harm->warnings_all) {
        qsort(harm->warnings, harm->warnings_all, sizeof(*harm->warnings), by_grade);
    }
    harm->warning_count =
        harm->warnings_all < FB_DOSSIER_WARNINGS_MAX ? harm->warnings_all : FB_DOSSIER_WARNINGS_MAX;
    harm->foresight = harm->warnings_all == 0                           ? FB_FORESEEN_NOWHERE
                      : harm->warnings[0].grade == FB_WARNING_ON_LEDGER ? FB_FORESEEN
                                                                        : FB_FORESEEN_BY_DATE;
    if (harm->foresight == FB_FORESEEN_NOWHERE && harm->unread > 0) {
        harm->foresight = FB_FORESEEN_UNKNOWN;
        harm->needs = "the document of a safety case, which was erased";
    }
    for (size_t i = 0; i < harm->warning_count; i++) {
        work->cited[harm->warnings[i].record->seq] = 1;
    }
    return FB_OK;
}
