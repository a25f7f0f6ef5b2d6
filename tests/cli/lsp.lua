-- lsp.lua: Neovim's own client against `flyball policy lsp`. Prints "ok NAME" or "no NAME: WHY".
local folder = os.getenv("LSP_FOLDER")
local path = folder .. "/law.fly"

local function say(name, good, why)
  if good then
    io.stdout:write("ok " .. name .. "\n")
  else
    io.stdout:write("no " .. name .. ": " .. tostring(why) .. "\n")
  end
end

local function lines() return vim.api.nvim_buf_get_lines(0, 0, -1, false) end
local function text() return table.concat(lines(), "\n") .. "\n" end

-- The line and column (0-based, UTF-16 as the server was told) of the n-th mention of a word.
local function place_of(word, nth)
  local count = 0
  for i, line in ipairs(lines()) do
    local from = 1
    while true do
      local at = line:find(word, from, true)
      if not at then break end
      count = count + 1
      if count == nth then return { line = i - 1, character = select(2, vim.str_utfindex(line, at - 1)) } end
      from = at + 1
    end
  end
end

vim.cmd("edit " .. path)
local client = vim.lsp.start_client({ cmd = { os.getenv("FLYBALL"), "policy", "lsp" }, name = "flyball", root_dir = folder })
vim.lsp.buf_attach_client(0, client)
local uri = vim.uri_from_bufnr(0)

local function ask(method, more)
  local params = vim.tbl_extend("force", { textDocument = { uri = uri } }, more or {})
  local answers, problem = vim.lsp.buf_request_sync(0, method, params, 10000)
  local answer = answers and answers[client]
  if not answer then return nil, problem or "no answer" end
  if answer.err or answer.error then return nil, (answer.err or answer.error).message end
  return answer.result
end

local function wait_for(count)
  return vim.wait(10000, function() return #vim.diagnostic.get(0) == count end, 5)
end

-- 1. What is wrong is underlined while it is wrong.
say("an error arrives as a diagnostic", vim.wait(10000, function() return #vim.diagnostic.get(0) > 0 end, 5),
  "nothing came")
local first = vim.diagnostic.get(0)[1] or { message = "" }
local line = lines()[(first.lnum or 0) + 1]
say("it underlines the word", line:sub(first.col + 1, first.end_col) == "crosed",
  line .. " " .. vim.inspect(first))
say("it says what to do", first.message:find("Did you mean 'crossed'?", 1, true), first.message)

local actions, why = ask("textDocument/codeAction",
  { range = { start = { line = first.lnum, character = 4 }, ["end"] = { line = first.lnum, character = 4 } }, context = { diagnostics = {} } })
say("it offers the repair", actions and actions[1] and actions[1].title == "Change to 'crossed'", why or vim.inspect(actions))
if actions and actions[1] then vim.lsp.util.apply_workspace_edit(actions[1].edit, "utf-16") end
say("the repair ends it", wait_for(0), vim.inspect(vim.diagnostic.get(0)))

-- 2. What stands here.
local hover
hover, why = ask("textDocument/hover", { position = place_of("large", 2) })
say("a definition is explained in English", hover and hover.contents.value:find("training compute", 1, true)
  and hover.contents.value:find("Definition large", 1, true), why or vim.inspect(hover))
hover, why = ask("textDocument/hover", { position = place_of("within", 1) })
say("a word of the language is explained", hover and hover.contents.value:find("deadline", 1, true), why or vim.inspect(hover))
hover, why = ask("textDocument/hover", { position = place_of("incident", 2) })
say("a kind of record lists its fields", hover and hover.contents.value:find("known_at", 1, true), why or vim.inspect(hover))
local target
target, why = ask("textDocument/definition", { position = place_of("large", 3) })
say("go to definition", target and target.range.start.line == place_of("let large", 1).line
  and target.range.start.character == 4, why or vim.inspect(target))
local found
found, why = ask("textDocument/references", { position = place_of("large", 1), context = { includeDeclaration = true } })
say("references", found and #found == 3, why or vim.inspect(found))
found, why = ask("textDocument/documentSymbol")
say("the outline", found and #found == 5 and found[2].name == "cyber", why or vim.inspect(found))

-- 3. Columns count UTF-16 code units: the title before has letters of two and four bytes.
found, why = ask("textDocument/documentHighlight", { position = place_of("Xs", 1) })
say("columns behind other scripts", found and #found == 2
  and vim.deep_equal(found[2].range.start, place_of("Xs", 2)), why or vim.inspect(found))

-- 4. Renaming.
local edit
edit, why = ask("textDocument/rename", { position = place_of("large", 2), newName = "systemic" })
if edit then vim.lsp.util.apply_workspace_edit(edit, "utf-16") end
say("rename changes each mention", edit and not text():find("large", 1, true)
  and select(2, text():gsub("systemic%(", "")) == 3, why or text())
say("and the policy still checks", wait_for(0), vim.inspect(vim.diagnostic.get(0)))
edit, why = ask("textDocument/rename", { position = place_of("systemic", 2), newName = "cyber" })
say("a name that is taken is refused", not edit and why and why:find("is taken", 1, true), vim.inspect(edit))
edit, why = ask("textDocument/rename", { position = place_of("systemic", 2), newName = "Big" })
say("a name of the wrong form is refused", not edit and why and why:find("small letter", 1, true), vim.inspect(edit))

-- 5. Completion.
vim.api.nvim_buf_set_lines(0, -1, -1, false, { "duty more(S)", "  when  cyber(S) crossed", "  wi" })
local items
items, why = ask("textDocument/completion", { position = { line = #lines() - 1, character = 4 } })
local labels = {}
for _, item in ipairs(items or {}) do labels[item.label] = item end
say("clauses at the begin of a line", labels["within"] and labels["lest"] and not labels["measure"], why or vim.inspect(labels))
items, why = ask("textDocument/completion", { position = { line = #lines() - 2, character = 12 } })
labels = {}
for _, item in ipairs(items or {}) do labels[item.label] = item end
say("names and records inside one", labels["systemic"] and labels["cyber"] and labels["incident"] and labels["S"], why or vim.inspect(labels))
vim.api.nvim_buf_set_lines(0, -4, -1, false, {})
vim.api.nvim_buf_set_lines(0, -1, -1, false, { "test \"t\"", "  given 2026-01-01: system \"s\"", "  expect ", "         " })
for row = 1, 2 do
  items, why = ask("textDocument/completion", { position = { line = #lines() - row, character = 9 } })
  labels = {}
  for _, item in ipairs(items or {}) do labels[item.label] = item end
  say("what a test expects, line " .. row, labels["halt"] and labels["restriction"] and labels["overdue"]
    and labels["tell"] and labels["halt"].documentation:find("halt of", 1, true), why or vim.inspect(labels))
end
vim.api.nvim_buf_set_lines(0, -5, -1, false, {})

-- 6. Colours.
vim.cmd("set runtimepath^=" .. os.getenv("FB_SOURCE_ROOT") .. "/editors/vim")
vim.cmd("syntax on")
vim.cmd("runtime! ftdetect/flyball.vim")
vim.cmd("doautocmd BufRead " .. path)
local function group(word, nth)
  local place = place_of(word, nth)
  local byte = vim.str_byteindex(lines()[place.line + 1], place.character, true)
  return vim.fn.synIDattr(vim.fn.synID(place.line + 1, byte + 1, 1), "name")
end
local groups = group("redline", 1) .. " " .. group("within", 1) .. " " .. group("1e25", 1) .. " " .. group("Xs", 1)
  .. " " .. group("alles", 1)
say("the file is a policy", vim.bo.filetype == "flyball", vim.bo.filetype)
say("its words have colours", groups == "flyballItem flyballClause flyballNumber flyballVariable flyballString", groups)

-- 7. Formatting.
vim.api.nvim_buf_set_lines(0, 1, 2, false, { "     title    \"Über 🐘 alles\"" })
vim.wait(10000, function() return true end)
local edits
edits, why = ask("textDocument/formatting", { options = { tabSize = 2, insertSpaces = true } })
if edits then vim.lsp.util.apply_text_edits(edits, 0, "utf-16") end
vim.cmd("silent write!")
say("formatting", edits and #edits == 1, why or vim.inspect(edits))

-- 8. A long policy: from the last change to its diagnostics.
local long = { "policy \"long\"", "  title   \"Long\"", "  version 1", "" }
for i = 1, 250 do
  vim.list_extend(long, { "duty d" .. i .. "(S, I)", "  title   \"report\"",
    "  when    incident I of system S with class C, known to P", "  party   P",
    "  must    report I to \"office\" stage \"initial\"", "  within  " .. i .. " days", "  of      P knowing of I", "" })
end
vim.api.nvim_buf_set_lines(0, 0, -1, false, long)
say("a policy of 2,000 lines", #lines() >= 2000 and wait_for(0), #lines() .. " " .. vim.inspect(vim.diagnostic.get(0)))
vim.api.nvim_buf_set_lines(0, 9, 10, false, { "  withi  9 days" })
local began = vim.loop.hrtime()
local came = vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 1)
say("a mistake in it", came, "nothing came")
io.stderr:write(string.format("# %.0f ms from a change to its diagnostics\n", (vim.loop.hrtime() - began) / 1e6))
vim.lsp.stop_client(client)
say("the server ends", vim.wait(10000, function() return vim.lsp.client_is_stopped(client) end, 5), "it runs on")
vim.cmd("qall!")
