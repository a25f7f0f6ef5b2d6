#include "base/assert.h"
#include "record/record.h"

/* What the type column of kinds.def expands to: type, kind of reference, words. */
#define TYPE_STRING FB_FIELD_STRING, FB_KIND_NONE, NULL
#define TYPE_TEXT FB_FIELD_TEXT, FB_KIND_NONE, NULL
#define TYPE_NAME FB_FIELD_NAME, FB_KIND_NONE, NULL
#define TYPE_INT FB_FIELD_INT, FB_KIND_NONE, NULL
#define TYPE_NUMBER FB_FIELD_NUMBER, FB_KIND_NONE, NULL
#define TYPE_FLAG FB_FIELD_FLAG, FB_KIND_NONE, NULL
#define TYPE_TIME FB_FIELD_TIME, FB_KIND_NONE, NULL
#define TYPE_DIGEST FB_FIELD_DIGEST, FB_KIND_NONE, NULL
#define TYPE_STRINGS FB_FIELD_STRINGS, FB_KIND_NONE, NULL
#define TYPE_TREE FB_FIELD_TREE, FB_KIND_NONE, NULL
#define TYPE_REF(kind) FB_FIELD_REF, FB_KIND_##kind, NULL
#define TYPE_INSTANT FB_FIELD_INSTANT, FB_KIND_NONE, NULL
#define TYPE_REFS(kind) FB_FIELD_REFS, FB_KIND_##kind, NULL
#define TYPE_RECORD FB_FIELD_RECORD, FB_KIND_NONE, NULL
#define TYPE_ENUM(name) FB_FIELD_ENUM, FB_KIND_NONE, words_##name
#define PRESENCE_NEEDED true
#define PRESENCE_MAY false

#define FB_ENUM(name, words) static const char words_##name[] = words;
#include "record/kinds.def"

static const struct fb_field fields[] = {
#define FB_FIELD(kind, field, type, presence, text)                                                \
    {FB_KIND_##kind, #field, TYPE_##type, PRESENCE_##presence, text},
#include "record/kinds.def"
};

/* The position of each kind's first field in fields: every field takes one number, and a kind takes
 * none because it steps back again. */
enum position {
#define FB_KIND(name, number, subject, text) FIRST_##name, BACK_##name = FIRST_##name - 1,
#define FB_FIELD(kind, field, type, presence, text) AT_##kind##_##field,
#include "record/kinds.def"
    FIELD_COUNT
};

static const struct {
    const char *name;
    const char *text;
    enum fb_subject_rule subject;
    int first;
} kinds[] = {
    {"", "", FB_SUBJECT_NONE, 0},
#define FB_KIND(name, number, subject, text)                                                       \
    [(number)] = {#name, text, FB_SUBJECT_##subject, FIRST_##name},
#include "record/kinds.def"
    [FB_KIND_END] = {"", "", FB_SUBJECT_NONE, FIELD_COUNT},
};

static bool is_kind(enum fb_kind kind)
{
    return kind > FB_KIND_NONE && kind < FB_KIND_END;
}

const char *fb_kind_name(enum fb_kind kind)
{
    FB_ASSERT(is_kind(kind));
    return kinds[kind].name;
}

enum fb_kind fb_kind_of(struct fb_str name)
{
    FB_ASSERT(name.ptr || name.len == 0);
    for (int kind = FB_KIND_NONE + 1; kind < FB_KIND_END; kind++) {
        if (fb_str_is(name, kinds[kind].name)) {
            return (enum fb_kind)kind;
        }
    }
    return FB_KIND_NONE;
}

const char *fb_kind_text(enum fb_kind kind)
{
    FB_ASSERT(is_kind(kind));
    return kinds[kind].text;
}

enum fb_subject_rule fb_kind_subject(enum fb_kind kind)
{
    FB_ASSERT(is_kind(kind));
    return kinds[kind].subject;
}

const struct fb_field *fb_kind_fields(enum fb_kind kind, size_t *out_count)
{
    FB_ASSERT(is_kind(kind) && out_count);
    int first = kinds[kind].first;
    int next = kinds[kind + 1].first;
    FB_ASSERT(first < next && fields[first].kind == kind && fields[next - 1].kind == kind);
    *out_count = (size_t)(next - first);
    return &fields[first];
}

bool fb_field_is_column(const struct fb_field *field)
{
    FB_ASSERT(field);
    return field->type != FB_FIELD_STRINGS && field->type != FB_FIELD_TREE &&
           field->type != FB_FIELD_REFS;
}

int fb_kind_field(enum fb_kind kind, struct fb_str name)
{
    size_t count;
    const struct fb_field *list = fb_kind_fields(kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (fb_str_is(name, list[i].name)) {
            return (int)i;
        }
    }
    return -1;
}
