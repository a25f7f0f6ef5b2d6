" Vim syntax file for flyball policies (*.fly). The words are those of src/lang/words.def, which a
" test holds against this file.
if exists('b:current_syntax')
  finish
endif
syntax case match
syntax match flyballVariable /\<[A-Z]\w*\>/
syntax match flyballNumber /\<\d\+\(\.\d\+\)\?\([eE][-+]\?\d\+\)\?%\?/
syntax match flyballUnit /\<FLOP\>/
syntax match flyballDate /\<\d\{4}-\d\d-\d\d\>\(\s\+\d\d:\d\d\(:\d\d\)\?\)\?/
syntax match flyballName /\<[a-z]\w*\ze(/
syntax keyword flyballOperator and or not is unknown ruled out
syntax match flyballStatus /\<\(crossed\|ruled\|scope\|owed\|met\|late\|overdue\|broken\|held\|relaxed\|undated\|waived\|nothing\|no\|halt\|restriction\|order\|released\|train\|deploy\|autonomously\|exempt\|stands\|fallen\|submitted\|until\|since\|because\)\>/
syntax keyword flyballUnit hours hour days day weeks week months month years year
syntax match flyballItem /^\s*\zs\(commitment\|duty\|exempt\|let\|pace\|policy\|redline\|test\)\>/
syntax match flyballClause /^\s\+\zs\(applies\|before\|calendar\|clears\|crossed\|effective\|every\|expect\|expires\|fast\|from\|given\|hence\|holidays\|if\|keep\|lest\|margin\|may\|measure\|must\|needs\|of\|party\|relax\|replaces\|retain\|slow\|source\|then\|title\|version\|waived\|when\|while\|within\|zone\)\>/
syntax match flyballComment /#.*$/ contains=@Spell
syntax region flyballString start=/"/ end=/"/ oneline contains=@Spell
highlight default link flyballComment Comment
highlight default link flyballString String
highlight default link flyballVariable Identifier
highlight default link flyballNumber Number
highlight default link flyballUnit Type
highlight default link flyballDate Number
highlight default link flyballName Function
highlight default link flyballItem Structure
highlight default link flyballClause Statement
highlight default link flyballStatus Constant
highlight default link flyballOperator Operator
let b:current_syntax = 'flyball'
