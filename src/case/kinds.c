#include "base/assert.h"
#include "case/document.h"

/* Longest prefix first. */
static const struct {
    const char *prefix;
    const char *type; /* as nodeType writes it */
    const char *name;
    enum fb_element_kind kind;
} KINDS[] = {
    {"CSn", "CounterSolution", "counter solution", FB_ELEMENT_COUNTER_SOLUTION},
    {"CG", "CounterGoal", "counter goal", FB_ELEMENT_COUNTER_GOAL},
    {"Sn", "Solution", "solution", FB_ELEMENT_SOLUTION},
    {"G", "Goal", "goal", FB_ELEMENT_GOAL},
    {"S", "Strategy", "strategy", FB_ELEMENT_STRATEGY},
    {"C", "Context", "context", FB_ELEMENT_CONTEXT},
    {"A", "Assumption", "assumption", FB_ELEMENT_ASSUMPTION},
    {"J", "Justification", "justification", FB_ELEMENT_JUSTIFICATION},
};
enum { KIND_COUNT = sizeof(KINDS) / sizeof(KINDS[0]) };

static size_t row_of(enum fb_element_kind kind)
{
    size_t row = 0;
    while (row < KIND_COUNT && KINDS[row].kind != kind) {
        row++;
    }
    FB_ASSERT(row < KIND_COUNT);
    return row;
}

const char *fb_element_kind_name(enum fb_element_kind kind)
{
    return KINDS[row_of(kind)].name;
}

const char *fb_element_kind_type(enum fb_element_kind kind)
{
    return KINDS[row_of(kind)].type;
}

bool fb_element_kind_of_id(struct fb_str id, enum fb_element_kind *out)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (fb_str_starts(id, fb_str_of(KINDS[i].prefix))) {
            *out = KINDS[i].kind;
            return true;
        }
    }
    return false;
}

bool fb_element_kind_of_type(struct fb_str type, enum fb_element_kind *out)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (fb_str_is(type, KINDS[i].type)) {
            *out = KINDS[i].kind;
            return true;
        }
    }
    return false;
}
