#include "evidence/answer.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"

static const struct fb_question questions[] = {
#define FB_QUESTION(name, function, method, columns) {(name), (function), (method), (columns)},
#include "evidence/questions.def"
#undef FB_QUESTION
};

enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

const struct fb_question *fb_questions(size_t *out_count)
{
    *out_count = QUESTIONS;
    return questions;
}

const struct fb_question *fb_question_find(const char *name)
{
    for (size_t i = 0; i < QUESTIONS; i++) {
        if (strcmp(questions[i].name, name) == 0) {
            return &questions[i];
        }
    }
    return NULL;
}

struct fb_question_options fb_question_usual(void)
{
    return (struct fb_question_options){.confidence = 0.95,
        .budget = 0.05,
        .threshold = (double)NAN,
        .at = (double)NAN,
        .resamples = 1000};
}

void fb_answer_init(struct fb_answer *figures, struct fb_arena *arena)
{
    *figures = (struct fb_answer){.arena = arena};
}

/* An array with room for one more; NULL: none. */
static void *grown(struct fb_answer *figures, void *items, size_t *cap, const size_t count_size[2])
{
    if (count_size[0] < *cap) {
        return items;
    }
    size_t wanted = *cap ? 2 * *cap : 16;
    void *fresh = count_size[0] < FB_ANSWER_MAX
                      ? fb_arena_array(figures->arena, wanted, count_size[1])
                      : NULL;
    if (!fresh) {
        figures->failed = true;
        return NULL;
    }
    if (count_size[0] > 0) {
        memcpy(fresh, items, count_size[0] * count_size[1]);
    }
    *cap = wanted;
    return fresh;
}

void fb_answer_add(struct fb_answer *figures, const struct fb_figure *figure)
{
    FB_ASSERT(figures && figure && figure->name);
    struct fb_figure *items = grown(figures, figures->items, &figures->cap,
        (const size_t[2]){figures->count, sizeof(*figures->items)});
    if (items) {
        figures->items = items;
        items[figures->count++] = *figure;
    }
}

void fb_answer_note(struct fb_answer *figures, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct fb_str text = fb_arena_vprintf(figures->arena, fmt, args);
    va_end(args);
    struct fb_str *notes = grown(figures, figures->notes, &figures->note_cap,
        (const size_t[2]){figures->note_count, sizeof(*figures->notes)});
    if (!notes || !text.ptr) {
        figures->failed = true;
        return;
    }
    figures->notes = notes;
    notes[figures->note_count++] = text;
}

enum fb_code fb_answer_check(const struct fb_answer *figures, struct fb_err *err)
{
    if (!figures->failed) {
        return FB_OK;
    }
    return figures->count >= FB_ANSWER_MAX || figures->note_count >= FB_ANSWER_MAX
               ? fb_err_set(err, FB_E_LIMIT, "more than %d figures", FB_ANSWER_MAX)
               : fb_arena_failed(figures->arena, err);
}
