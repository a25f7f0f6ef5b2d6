/* yaml_tabs.c: tabs on lines that say nothing; blocks of text that are none. */
#include "case/yaml_tabs.h"

#include <string.h>

#include "base/assert.h"

/* A line of a text. */
struct line {
    size_t start, end; /* without its break */
    size_t spaces;     /* that it begins with */
    size_t blank;      /* spaces and tabs that it begins with */
    bool says_nothing; /* nothing follows these, or a comment */
    bool tab;          /* one of these is a tab */
};

static struct line line_at(struct fb_str text, size_t start)
{
    struct line line = {.start = start, .end = fb_str_find(text, '\n', start)};
    const char *at = text.ptr + start;
    size_t len = line.end - start;
    while (line.blank < len && (at[line.blank] == ' ' || at[line.blank] == '\t')) {
        line.spaces += at[line.blank] == ' ' && line.spaces == line.blank;
        line.tab = line.tab || at[line.blank] == '\t';
        line.blank++;
    }
    line.says_nothing = line.blank == len || at[line.blank] == '#' || at[line.blank] == '\r';
    return line;
}

bool fb_yaml_untab(struct fb_str text, char *out)
{
    FB_ASSERT(out || text.len == 0);
    bool any = false;
    for (size_t at = 0; at < text.len;) {
        struct line line = line_at(text, at);
        size_t next = line.end < text.len ? line.end + 1 : text.len;
        memcpy(out + at, text.ptr + at, next - at);
        if (line.says_nothing && line.tab) {
            memset(out + at, ' ', line.blank);
            any = true;
        }
        at = next;
    }
    return any;
}

/* True when the head of a block, which ends before start, says how far in its lines begin. */
static bool head_says_indent(struct fb_str text, size_t start)
{
    for (size_t i = start; i > 1 && text.ptr[i - 2] != '\n'; i--) {
        char c = text.ptr[i - 2];
        if (c == '|' || c == '>') {
            break;
        }
        if (c >= '1' && c <= '9') {
            return true;
        }
    }
    return false;
}

/* The first line of a block that has more than spaces; its last when none has. */
static struct line first_line(struct fb_str text, size_t start, size_t end)
{
    struct line line = {.start = end, .end = start};
    for (size_t at = start; at < end; at = line.end + 1) {
        line = line_at(text, at);
        if (line.start + line.spaces < line.end && text.ptr[line.start + line.spaces] != '\r') {
            break;
        }
    }
    return line;
}

/* Spaces that the lines of a block begin with: those of its first that has more than spaces; 1, the
 * least that is possible, when its head says how many. */
static size_t block_indent(struct fb_str text, size_t start, size_t end)
{
    struct line line = first_line(text, start, end);
    return line.spaces > 0 && !head_says_indent(text, start) ? line.spaces : 1;
}

bool fb_yaml_block_swallows(struct fb_str text, size_t start, size_t end, size_t column)
{
    FB_ASSERT(start <= end && end <= text.len);
    struct line line = first_line(text, start, end);
    size_t first = line.start + line.spaces;
    return first < line.end && first < end && text.ptr[first] != '\r' && line.spaces <= column &&
           !head_says_indent(text, start);
}

bool fb_yaml_untab_block(struct fb_str text, size_t start, size_t end, char *out)
{
    FB_ASSERT(start <= end && end <= text.len);
    /* libfyaml takes the indent of the line behind a block to it. */
    while (end > start && end < text.len && text.ptr[end - 1] != '\n') {
        end--;
    }
    size_t indent = block_indent(text, start, end);
    size_t behind = start; /* where the last line that says something ends */
    for (size_t at = start; at < end;) {
        struct line line = line_at(text, at);
        at = line.end + 1;
        if (!line.says_nothing || line.spaces >= indent) {
            behind = at;
        }
    }
    bool changed = false;
    for (size_t at = start; at < end;) {
        struct line line = line_at(text, at);
        if (line.says_nothing && line.tab) {
            memcpy(out + at, text.ptr + at, line.blank);
            if (at >= behind) {
                memset(out + at, ' ', line.blank);
                out[at] = '#';
            }
            changed = true;
        }
        at = line.end + 1;
    }
    return changed;
}
