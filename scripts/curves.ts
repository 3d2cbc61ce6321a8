/**
 * What a join, a leave and ten leaves at once cost in each of the three schemes, by the size of the group, beside what related
 * work would need; and fails when something grows faster than the logarithm of the group but for what the paper says does:
 *
 *     npm run curves                  # 10 to 1,000,000 members: some minutes, 2 GB
 *     npm run curves -- 10 100 1000   # these sizes
 */
import { costsAt, growths } from '../test/costs/curves.ts'
import { type Cost, SAMPLE } from '../test/costs/cost.ts'
import { RELATED, relatedCosts } from '../test/costs/related.ts'

const SIZES = [10, 100, 1_000, 10_000, 100_000, 1_000_000]
const asked = process.argv.slice(2).map(Number)
const sizes = asked.length > 0 ? asked : SIZES

console.log(`The manager, or in Distributed Flat who makes the change, is the real one, over the IDs of all members. Of the other
members ${SAMPLE}, or all where there are fewer, have real keys and open what they are sent; hashes and ms of a member are
theirs on average, signature checks included. Messages go to all / to one. "Again": members that nothing reached.
In Distributed Flat, membership costs besides: an admission of some 480 bytes each, which a newcomer reads all of.
`)
const costs: Cost[] = []
const names = ['join', 'leave', '10 leaves at once'] as const
const heads = [
  'members',
  'scheme',
  'messages',
  'bytes',
  'wraps',
  'hashes',
  'of a member',
  'ms',
  'of a member',
  'again',
]
for (const members of sizes) costs.push(...costsAt(members))
for (const name of names) {
  console.log(`## ${name}\n\n| ${heads.join(' | ')} |`)
  console.log(`| ${heads.map((head) => (head === 'scheme' ? '---' : '---:')).join(' | ')} |`)
  for (const members of sizes) {
    for (const cost of costs) {
      if (cost.members === members && cost.operation === name) console.log(rowOf(cost))
    }
    for (const cost of relatedCosts(members, name)) {
      const model = [members, `_${cost.scheme}_`, `${cost.multicasts} / ${cost.unicasts}`, cost.bytes]
      console.log(`| ${[...model, ...heads.slice(4).map(() => '')].join(' | ')} |`)
    }
  }
  console.log()
}
console.log('In italics are cost models, not measurements:\n')
for (const { name, formula, beside } of RELATED) console.log(`- ${name}: ${formula}. Besides: ${beside}.`)

const grown = growths(costs)
console.log('\n## Growth\n')
for (const { scheme, operation, counted, from, to, why } of grown) {
  console.log(
    `- ${why ? 'as the paper says' : 'NOT AS IT SHOULD BE'}: ${scheme}, ${operation}: ${counted} grow from ${from} to ${to}. ${why ?? ''}`,
  )
}
const wrong = grown.filter(({ why }) => why === undefined)
console.log(wrong.length === 0 ? 'Nothing else grows faster than the logarithm of the group.' : 'See above.')
process.exitCode = wrong.length === 0 ? 0 : 1

function rowOf(cost: Cost): string {
  const {
    members,
    scheme,
    multicasts,
    unicasts,
    bytes,
    wraps,
    hashes,
    hashesOfMember,
    ms,
    msOfMember,
    again,
  } = cost
  const fields = [members, scheme, `${multicasts} / ${unicasts}`, bytes, wraps, Math.round(hashes)]
  return `| ${[...fields, hashesOfMember.toFixed(1), ms.toFixed(1), msOfMember.toFixed(2), again].join(' | ')} |`
}
