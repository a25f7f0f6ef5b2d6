/* Files that become one blob and a record that names it: policies and safety cases. */
#include "base/assert.h"
#include "ingest/reader.h"

/* The first line that holds something, without white space around it. Comments begin with '#'. */
static struct fb_str first_line(struct fb_str text)
{
    struct fb_str line;
    while (fb_str_line(&text, &line)) {
        line = fb_str_trim(line);
        if (line.len > 0 && line.ptr[0] != '#' && !fb_str_is(line, "---")) {
            return line;
        }
    }
    return (struct fb_str){NULL, 0};
}

bool fb_is_policy(const struct fb_head *head)
{
    struct fb_str line = first_line(head->text);
    struct fb_str word = FB_STR("policy");
    return fb_str_starts(line, word) &&
           (line.len == word.len || line.ptr[word.len] == ' ' || line.ptr[word.len] == '\t' ||
               line.ptr[word.len] == '"');
}

bool fb_is_gsn_yaml(const struct fb_head *head)
{
    static const char *const prefixes[] = {"Sn", "G", "S", "C", "A", "J"};
    struct fb_str line = first_line(head->text);
    size_t colon = fb_str_find(line, ':', 0);
    struct fb_str key = fb_str_sub(line, 0, colon);
    if (colon == line.len) {
        return false;
    }
    if (fb_str_is(key, "module")) {
        return true;
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        struct fb_str prefix = fb_str_of(prefixes[i]);
        if (fb_str_starts(key, prefix) && key.len > prefix.len && key.ptr[prefix.len] >= '0' &&
            key.ptr[prefix.len] <= '9') {
            return true;
        }
    }
    return false;
}

/* One draft that holds the digest; a later room reads the document and fills in the rest. */
static enum fb_code read_document(struct fb_reading *reading, const char *kind, struct fb_err *err)
{
    FB_ASSERT(reading->input);
    if (reading->input->size > FB_READER_TEXT_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "'%s' has more than %zu bytes", reading->input->name,
            FB_READER_TEXT_MAX);
    }
    char digest[FB_INPUT_DIGEST];
    enum fb_code code = fb_input_digest(reading->input, digest, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_buf json;
    fb_buf_init(&json, 1024);
    fb_buf_addf(&json, "{\"kind\":\"%s\",\"body\":{\"document\":\"%s\"}}", kind, digest);
    code = fb_buf_check(&json, "a draft", err);
    if (code == FB_OK) {
        struct fb_draft draft = {.json = fb_buf_str(&json), .keep_file = true};
        code = fb_reading_add(reading, &draft, err);
    }
    fb_buf_release(&json);
    return code;
}

enum fb_code fb_read_policy(struct fb_reading *reading, struct fb_err *err)
{
    return read_document(reading, "policy", err);
}

enum fb_code fb_read_gsn_yaml(struct fb_reading *reading, struct fb_err *err)
{
    return read_document(reading, "case", err);
}
