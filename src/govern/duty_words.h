/* duty_words.h: what obligations are called and say. Private to the room. */
#ifndef FB_GOVERN_DUTY_WORDS_H
#define FB_GOVERN_DUTY_WORDS_H

#include "govern/work.h"

struct fb_duty_piece;

/** Who puts obligations into words. Those of one duty should come one after the other: its title is
 * taken apart once for them. */
struct fb_duty_words {
    struct fb_arena *arena; /**< of what is made */
    const struct fb_duty *duty;
    struct fb_duty_piece *pieces; /**< of its title, at the names of its parameters */
    size_t piece_count;
    struct fb_buf name; /**< room */
    struct fb_buf text;
};

/** Begins, and ends; what was made stays. */
void fb_duty_words_init(struct fb_duty_words *words, struct fb_arena *arena);
void fb_duty_words_release(struct fb_duty_words *words);

/** What fb_work_duty_name says. */
struct fb_str fb_duty_words_name(struct fb_duty_words *words, const struct fb_program *program,
    const struct fb_obligation *obligation);

/** What is owed, with its bindings: parameters in the title become what they are bound to, and a
 * bound record that the title does not name stands behind it. ptr is NULL when memory ran out. */
struct fb_str fb_duty_words_text(
    struct fb_duty_words *words, const struct fb_obligation *obligation);

#endif
