/*
 * yaml_tabs.h: tabs on lines that say nothing.
 *
 * A line of spaces and tabs, or one with a comment behind them, means nothing wherever it stands
 * but inside a block of text. libfyaml 0.7.12 takes a tab at its beginning for indentation and
 * refuses it. These make a copy of the text that it reads, byte for byte as long, so that places
 * hold.
 */
#ifndef FB_CASE_YAML_TABS_H
#define FB_CASE_YAML_TABS_H

#include "base/str.h"

/** Writes text to out, of the same length, with spaces for the tabs of such lines, be they inside a
 * block or not. False when there is none. */
bool fb_yaml_untab(struct fb_str text, char *out);

/** Makes good in out, which fb_yaml_untab filled, the lines of a block of text that stand from
 * start to end: those that belong to it have their tabs again, those behind it become comments.
 * True when out has changed. */
bool fb_yaml_untab_block(struct fb_str text, size_t start, size_t end, char *out);

/** True when the lines of a block of text, which stand from start to end, begin no further in than
 * at column, where what the block belongs to begins. They are the next members then and no text,
 * and the block is empty; libfyaml 0.7.12 takes them for it. */
bool fb_yaml_block_swallows(struct fb_str text, size_t start, size_t end, size_t column);

#endif
