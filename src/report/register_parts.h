/* register_parts.h: what the forms of the register share. Private to the room. */
#ifndef FB_REPORT_REGISTER_PARTS_H
#define FB_REPORT_REGISTER_PARTS_H

#include "base/json.h"
#include "govern/register.h"

/** A text of a record's body; empty when it has none. */
static inline struct fb_str fb_register_text(const struct fb_record *record, const char *field)
{
    return fb_json_get_str(record->body, field);
}

/** The text, or a dash for none. */
static inline struct fb_str fb_register_or_dash(struct fb_str s)
{
    return s.len ? s : FB_STR("-");
}

/** How the grants of a system were honoured, over all of them: how many are in force, how many uses
 * were honoured in full, how many there were. */
void fb_register_honoured(const struct fb_register_system *system, size_t out[3]);

/** Appends the levels of a system in a few words: what is shown, and what is only claimed. */
void fb_register_add_levels(const struct fb_register_system *system, struct fb_buf *out);

/** Appends the ids of all systems that a system was made from; nothing when there are none. */
void fb_register_add_parents(const struct fb_record *record, struct fb_buf *out);

#endif
