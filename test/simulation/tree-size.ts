/**
 * What a key tree costs its manager, by the number of members:
 *
 *     node_modules/.bin/node test/simulation/tree-size.ts 1000 1000000
 */
import { treeCosts } from './tree-costs.ts'

const sizes = process.argv.slice(2).map(Number)
console.log(
  '| members | degree | bytes a member | s to build | ms a leave | bytes of it | wraps | ms to open it |',
)
console.log(
  '| ------: | -----: | -------------: | ---------: | ---------: | ----------: | ----: | ------------: |',
)
for (const members of sizes.length > 0 ? sizes : [1_000, 1_000_000]) {
  for (const degree of [2, 4]) {
    const costs = treeCosts(members, degree)
    const times = [costs.buildMs / 1_000, costs.leaveMs].map((time) => time.toFixed(2))
    const numbers = [costs.bytesPerMember, ...times, costs.messageBytes, costs.wraps, costs.openMs.toFixed(2)]
    console.log(`| ${members} | ${degree} | ${numbers.join(' | ')} |`)
  }
}
