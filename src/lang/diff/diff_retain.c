/* diff_retain.c: what became of how long documents are kept. */
#include "base/assert.h"
#include "lang/diff/parts.h"
#include "lang/retain.h"

/* The lines of a kind, as written. */
static struct fb_str lines_of(struct fb_diffing *d, size_t side, enum fb_retain_what what)
{
    const struct fb_program *program = d->sides[side];
    struct fb_buf text;
    struct fb_str out = FB_STR("nothing");
    struct fb_err err;
    fb_err_init(&err);
    fb_buf_init(&text, 1 << 20);
    for (size_t i = 0; i < program->retain_count; i++) {
        if (program->retains[i].what == what) {
            fb_buf_add_c(&text, fb_buf_str(&text).len ? "; " : "");
            fb_retain_write(&program->retains[i], &text);
        }
    }
    bool good = fb_buf_check(&text, "a clause", &err) == FB_OK;
    if (!good || fb_buf_str(&text).len) {
        good = good && fb_arena_str(d->arena, fb_buf_str(&text), &out, &err) == FB_OK;
    }
    d->no_memory = d->no_memory || !good;
    fb_buf_release(&text);
    return out;
}

static enum fb_change judge(
    const struct fb_diffing *d, enum fb_retain_what what, struct fb_str topic)
{
    const struct fb_retain *before = fb_retain_find(d->sides[0], what, topic);
    const struct fb_retain *after = fb_retain_find(d->sides[1], what, topic);
    enum fb_change change =
        fb_diff_judge(fb_retain_covers(after, before), fb_retain_covers(before, after));
    bool cited = before && after && !fb_str_eq(before->source, after->source);
    return change == FB_CHANGE_NONE && cited ? FB_CHANGE_REWORDED : change;
}

void fb_diff_retains(struct fb_diffing *d, struct fb_clause_change *clause)
{
    static const char *const names[] = {"retain incidents", "retain systems", "retain reports"};
    for (int what = FB_RETAIN_INCIDENTS; what <= FB_RETAIN_REPORTS; what++) {
        enum fb_change change = judge(d, (enum fb_retain_what)what, FB_STR(""));
        for (size_t side = 0; side < 2; side++) {
            const struct fb_program *program = d->sides[side];
            for (size_t i = 0; what == FB_RETAIN_REPORTS && i < program->retain_count; i++) {
                const struct fb_retain *one = &program->retains[i];
                for (size_t t = 0; t < one->topic_count; t++) {
                    change = fb_change_join(change, judge(d, FB_RETAIN_REPORTS, one->topics[t]));
                }
            }
        }
        if (change != FB_CHANGE_NONE) {
            fb_diff_note(clause, names[what], change, lines_of(d, 0, (enum fb_retain_what)what),
                lines_of(d, 1, (enum fb_retain_what)what));
        }
    }
}
