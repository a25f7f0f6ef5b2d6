#include "engine/wire.h"

#include <string.h>

#include "base/assert.h"

struct fb_wire fb_wire_of(struct fb_str bytes)
{
    static const uint8_t nothing;
    const uint8_t *start = bytes.len ? (const uint8_t *)bytes.ptr : &nothing;
    return (struct fb_wire){start, start + bytes.len, false};
}

void fb_wire_put_u64(struct fb_buf *out, uint64_t number)
{
    char bytes[10];
    size_t len = 0;
    while (number >= 128) {
        bytes[len++] = (char)(number | 128);
        number >>= 7;
    }
    bytes[len++] = (char)number;
    FB_ASSERT(len <= sizeof(bytes));
    fb_buf_add(out, bytes, len);
}

void fb_wire_put_i64(struct fb_buf *out, int64_t number)
{
    uint64_t bits = (uint64_t)number << 1;
    fb_wire_put_u64(out, number < 0 ? ~bits : bits);
}

/* The lowest byte first, on any machine. */
void fb_wire_put_double(struct fb_buf *out, double number)
{
    uint64_t bits;
    char bytes[8];
    memcpy(&bits, &number, sizeof(bits));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(bits >> 8 * i);
    }
    fb_buf_add(out, bytes, sizeof(bytes));
}

void fb_wire_put_text(struct fb_buf *out, struct fb_str text)
{
    fb_wire_put_u64(out, text.len);
    fb_buf_add_str(out, text);
}

void fb_wire_put_value(struct fb_buf *out, struct fb_value value)
{
    fb_buf_add_char(out, (char)value.type);
    switch (value.type) {
    case FB_TYPE_NONE:
        return;
    case FB_TYPE_STRING:
        fb_wire_put_text(out, value.u.text);
        return;
    case FB_TYPE_INT:
    case FB_TYPE_TIME:
        fb_wire_put_i64(out, value.u.integer);
        return;
    case FB_TYPE_FLOAT:
        fb_wire_put_double(out, value.u.number);
        return;
    case FB_TYPE_BOOL:
        fb_buf_add_char(out, value.u.truth ? 1 : 0);
        return;
    }
    FB_ASSERT(false);
}

/* ---- reading ---- */

size_t fb_wire_left(const struct fb_wire *in)
{
    FB_ASSERT(in && in->pos <= in->end);
    return in->bad ? 0 : (size_t)(in->end - in->pos);
}

uint64_t fb_wire_u64(struct fb_wire *in)
{
    uint64_t number = 0;
    for (unsigned shift = 0; !in->bad; shift += 7) {
        uint8_t byte = in->pos < in->end ? *in->pos : 128;
        in->bad = in->pos == in->end || shift > 63 || (shift == 63 && byte > 1);
        if (!in->bad) {
            in->pos++;
            number |= (uint64_t)(byte & 127) << shift;
        }
        if (byte < 128) {
            break;
        }
    }
    return in->bad ? 0 : number;
}

int64_t fb_wire_i64(struct fb_wire *in)
{
    uint64_t bits = fb_wire_u64(in);
    return (int64_t)(bits & 1 ? ~(bits >> 1) : bits >> 1);
}

double fb_wire_double(struct fb_wire *in)
{
    uint64_t bits = 0;
    double number;
    in->bad = in->bad || in->end - in->pos < 8;
    for (size_t i = 0; i < 8 && !in->bad; i++) {
        bits |= (uint64_t)*in->pos++ << 8 * i;
    }
    memcpy(&number, &bits, sizeof(number));
    return number;
}

uint64_t fb_wire_up_to(struct fb_wire *in, uint64_t most)
{
    uint64_t number = fb_wire_u64(in);
    in->bad = in->bad || number > most;
    return in->bad ? 0 : number;
}

size_t fb_wire_count(struct fb_wire *in)
{
    return (size_t)fb_wire_up_to(in, fb_wire_left(in));
}

struct fb_str fb_wire_text(struct fb_wire *in)
{
    size_t len = fb_wire_count(in);
    in->bad = in->bad || len > fb_wire_left(in);
    if (in->bad) {
        return (struct fb_str){NULL, 0};
    }
    struct fb_str text = {(const char *)in->pos, len};
    in->pos += len;
    return text;
}

struct fb_value fb_wire_value(struct fb_wire *in)
{
    uint64_t type = fb_wire_up_to(in, FB_TYPE_BOOL);
    struct fb_value value = fb_value_none();
    switch ((enum fb_type)type) {
    case FB_TYPE_NONE:
        break;
    case FB_TYPE_STRING:
        value = fb_value_str(fb_wire_text(in));
        break;
    case FB_TYPE_INT:
        value = fb_value_int(fb_wire_i64(in));
        break;
    case FB_TYPE_TIME:
        value = fb_value_time(fb_wire_i64(in));
        break;
    case FB_TYPE_FLOAT:
        value = fb_value_float(fb_wire_double(in));
        break;
    case FB_TYPE_BOOL:
        value = fb_value_bool(fb_wire_up_to(in, 1) != 0);
        break;
    }
    return in->bad ? fb_value_none() : value;
}
