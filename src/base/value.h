/* value.h: one typed value, of a record's field, a fact's column or a policy's constant. */
#ifndef FB_BASE_VALUE_H
#define FB_BASE_VALUE_H

#include "base/buf.h"
#include "base/timestamp.h"

/** Types. NONE is the absent value: a field that a record does not have. It equals only itself and
 * no comparison with it holds. */
enum fb_type {
    FB_TYPE_NONE,
    FB_TYPE_STRING,
    FB_TYPE_INT,
    FB_TYPE_FLOAT,
    FB_TYPE_TIME,
    FB_TYPE_BOOL,
};

/** A value; text is borrowed. */
struct fb_value {
    enum fb_type type;
    uint32_t hash; /**< private: of a text, as fb_value_note leaves it; 0: not noted. Who gives the
                        value another text makes a new value of it */
    union {
        struct fb_str text;
        int64_t integer;
        double number;
        fb_time time;
        bool truth;
    } u;
};

/** Makers. A float has one zero: -0.0 becomes 0.0, which it equals, so that no result tells them
 * apart. */
struct fb_value fb_value_none(void);
struct fb_value fb_value_str(struct fb_str text);
struct fb_value fb_value_int(int64_t integer);
struct fb_value fb_value_float(double number);
struct fb_value fb_value_time(fb_time time);
struct fb_value fb_value_bool(bool truth);

/** A total order, for sorting and equality: by type, then by value; a float orders with an int by
 * number when both are finite and exactly representable. NaN equals itself here. */
int fb_value_cmp(struct fb_value a, struct fb_value b);

/** True when both are equal in the order of fb_value_cmp. */
bool fb_value_eq(struct fb_value a, struct fb_value b);

/** A hash, keyed for this process, under which values that fb_value_eq holds of agree. */
uint64_t fb_value_hash(struct fb_value value);

/** Notes the hash of a text in the value, so that copies of it need not be hashed again. */
void fb_value_note(struct fb_value *value);

/** Appends the value as people read it (a string without quotes, a time as RFC 3339). */
void fb_value_write(struct fb_value value, struct fb_buf *out);

/** A few letters for a type: "string", "integer", "number", "time", "true or false", "nothing". */
const char *fb_type_name(enum fb_type type);

#endif
