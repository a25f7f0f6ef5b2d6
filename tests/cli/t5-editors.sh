#!/bin/sh
# The colours of policies (editors/): Vim's own syntax engine over each policy that ships, and the patterns
# of the TextMate grammar in Oniguruma, the engine of editors that read such grammars.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
export FB_SOURCE_ROOT="$root" XDG_STATE_HOME="$folder" XDG_CACHE_HOME="$folder" HOME="$folder"
find "$root/packs" "$root/examples" -name '*.fly' | sort >policies

if command -v nvim >/dev/null; then
    cat >colours.lua <<'END'
vim.cmd("set runtimepath^=" .. os.getenv("FB_SOURCE_ROOT") .. "/editors/vim")
vim.cmd("syntax on")
vim.cmd("filetype on")
local items = { policy = 1, redline = 1, commitment = 1, duty = 1, exempt = 1, let = 1, pace = 1, test = 1 }
local files, lines, bad = 0, 0, 0
local function group(row, col) return vim.fn.synIDattr(vim.fn.synID(row, col, 1), "name") end
local function expect(file, row, col, want)
  local is = group(row, col)
  if is ~= want then
    bad = bad + 1
    io.stdout:write(string.format("no %s:%d:%d: '%s', not '%s'\n", file, row, col, is, want))
  end
end
for file in io.lines("policies") do
  vim.cmd("silent edit " .. file)
  files = files + 1
  if vim.bo.filetype ~= "flyball" then bad = bad + 1; io.stdout:write("no " .. file .. ": no policy\n") end
  for row, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    lines = lines + 1
    local word = line:match("^%l+")
    if word and items[word] then expect(file, row, 1, "flyballItem") end
    if line:match("^%s*#") then
      expect(file, row, #line, "flyballComment")
    else
      local quote = line:find('"', 1, true)
      if quote then expect(file, row, quote, "flyballString") end
      if line ~= "" and group(row, #line):find("Error") then expect(file, row, #line, "no error") end
    end
  end
end
io.stdout:write(string.format("%d files, %d lines, %d wrong\n", files, lines, bad))
vim.cmd("qall!")
END
    timeout 100 nvim --headless -u NONE -i NONE -n -S colours.lua >colours.out 2>colours.err </dev/null
    coloured() { grep -q "^$(grep -c . policies) files, [0-9]* lines, 0 wrong" colours.out || {
        head -20 colours.out; cat colours.err; return 1; }; }
    ok "Vim colours each policy that ships: $(tail -1 colours.out)" coloured
else
    skip "Vim colours each policy that ships" "nvim is absent"
fi

if command -v jq >/dev/null; then
    grammar=$root/editors/textmate/flyball.tmLanguage.json
    jq -r '[.. | objects | (.match?, .begin?, .end?) | strings] | .[]' "$grammar" >patterns
    ok "the grammar has patterns" [ "$(grep -c . patterns)" -ge 10 ]
    compiles() {
        jq -e '[.. | objects | (.match?, .begin?, .end?) | strings] as $all
            | $all | map(. as $p | "x" | test($p)) | length == ($all | length)' "$grammar" >/dev/null
    }
    ok "each is one for Oniguruma" compiles
    included() {
        jq -e '[.. | objects | .include? | strings | ltrimstr("#")] - (.repository | keys) == []' \
            "$grammar" >/dev/null
    }
    ok "what it includes is there" included
    xargs cat <policies | grep -v '^ *$' >lines
    jq -R -r --slurpfile grammar "$grammar" '. as $line | $grammar[0].repository.item.match as $item
        | if test("^(policy|redline|commitment|duty|exempt|let|pace|test)\\b") and (test($item) | not)
          then "no item: " + $line else empty end' lines >items
    ok "each block is one for the grammar" [ ! -s items -a "$(grep -c . lines)" -gt 2000 ]
else
    skip "the TextMate grammar in Oniguruma" "jq is absent"
fi
finish
