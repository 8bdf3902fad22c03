#!/bin/sh
# What docs/images/terminal.svg shows. From the project's folder, with no stack `tour` and its ports free:
#   asciinema rec --cols 110 --rows 30 --command 'sh commands/recording/tour.sh' docs/images/terminal.cast
#   npx tsx commands/recording/castToSvg.ts docs/images/terminal.cast docs/images/terminal.svg
show() {
  printf '\033[1;32m$\033[0m \033[1m%s\033[0m\n' "$1"
  sh -c "$1"
  echo
}
show 'npm run -s up -- --stack tour'
url=$(npm run -s status -- --stack tour | sed -n 's/^service  *\(http[^ ]*\): .*/\1/p')
show "curl $url/data -H 'Content-Type: application/json' -d '{\"name\":\"test\",\"value\":123}'"
show "curl $url/data"
show 'npm run -s status -- --stack tour'
