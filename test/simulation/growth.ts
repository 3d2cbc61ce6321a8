/**
 * What a join, a message and an exclusion cost, by the size of the room:
 *
 *     node_modules/.bin/node test/simulation/growth.ts 10 30 100 300
 */
import { costsAt, sentFor } from './crowd.ts'

const sizes = process.argv.slice(2).map(Number)
console.log('| operation | members | messages | bytes | ms until all are done | hashes a member |')
console.log('| --------- | ------: | -------: | ----: | --------------------: | --------------: |')
for (const size of sizes.length > 0 ? sizes : [10, 30, 100]) {
  for (const phase of costsAt(size)) {
    const { messages, bytes } = sentFor(phase)
    const numbers = [phase.members, messages, bytes, phase.virtualMs, Math.round(phase.hashes)]
    console.log(`| ${phase.name} | ${numbers.join(' | ')} |`)
  }
}
