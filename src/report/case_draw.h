/* case_draw.h: what the parts of the drawing of a case share. Private to the drawing. */
#ifndef FB_REPORT_CASE_DRAW_H
#define FB_REPORT_CASE_DRAW_H

#include "base/buf.h"
#include "report/case_layout.h"

/** Letters of an id that are shown. */
enum { FB_CASE_ID_SHOWN = 24 };

/** A point of a drawing. */
struct fb_point {
    double x;
    double y;
};

/** A drawing at work. */
struct fb_drawing {
    const struct fb_case *argument;
    struct fb_case_layout layout;
    struct fb_buf *out;
    bool labelled; /**< the elements carry labels */
};

/** The style sheet of drawings, by day and by night. Its classes all begin with "fc". */
void fb_draw_style(struct fb_buf *out);

/** Begins an SVG picture of a size, with its style sheet and ground; its title is `what`, then the
 * name of a case. */
void fb_draw_open(
    struct fb_buf *out, const char *what, struct fb_str name, const struct fb_point *size);

/** Appends a number rounded to tenths, without a needless ".0". */
void fb_draw_number(struct fb_buf *out, double x);

/** Appends a command of a path with one or two numbers, as "M1 2" and "H3". */
void fb_draw_to(struct fb_buf *out, char command, struct fb_point at);
void fb_draw_by(struct fb_buf *out, char command, double value);

/** Where lines meet an item: the middle of its upper and lower edges, and of a side. */
struct fb_point fb_draw_top(const struct fb_drawing *d, const struct fb_case_item *item);
struct fb_point fb_draw_bottom(const struct fb_drawing *d, const struct fb_case_item *item);
struct fb_point fb_draw_side(
    const struct fb_drawing *d, const struct fb_case_item *item, bool right);

/** The class of an element's label ("fc-in" ...), and the word for it; NULL without labels. */
const char *fb_draw_class(const struct fb_drawing *d, const struct fb_element *e);
const char *fb_draw_word(enum fb_label label);

/** What stands above a drawing: the title of the case, else its name, of a path the file's. */
struct fb_str fb_draw_title(const struct fb_case *argument);

/** A text of at most so many bytes, cut between characters. */
struct fb_str fb_draw_cut(struct fb_str text, size_t max);

/** A text with attributes, escaped. */
void fb_draw_text(
    struct fb_buf *out, struct fb_point at, struct fb_str text, const char *attributes);

/** A small note beside a line, that begins at a point: how many, a name. At most 24 letters. */
void fb_draw_note(struct fb_buf *out, struct fb_point at, struct fb_str text);

/** How far right of its middle the head of a far challenge of an item comes down on it. */
double fb_draw_near(const struct fb_drawing *d, const struct fb_case_item *item);

/** Whether a challenge is out: it is drawn in grey. */
bool fb_draw_answered(const struct fb_drawing *d, const struct fb_challenge *challenge);

/** Draws what stands on the lines that lead to an item: how many it stands for, claim points. */
void fb_draw_marks(const struct fb_drawing *d, const struct fb_case_item *item);

/** Draws an item: shape, words and marks, in a group of its own. */
void fb_draw_item(const struct fb_drawing *d, const struct fb_case_item *item);

/** Draws all lines but challenges, then all challenges. */
void fb_draw_relations(const struct fb_drawing *d);
void fb_draw_challenges(const struct fb_drawing *d);

#endif
