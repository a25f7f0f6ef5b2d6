autocmd BufRead,BufNewFile *.fly setfiletype flyball
