/** A package's public API as a document: every export with what is said of it, and every type that these name. */
import type { Declaration, DeclarationModule, Declarations, SyntaxNode } from './declarations.ts'

export interface EntryPoint {
  /** As one imports it. */
  readonly name: string
  readonly module: DeclarationModule
}

export interface Report {
  readonly text: string
  /** Exports of which nothing is said, and what is public in an exported class. */
  readonly unsaid: readonly string[]
}

export async function reportOf(
  all: Declarations,
  title: string,
  entries: readonly EntryPoint[],
): Promise<Report> {
  const exported = new Set<Declaration>()
  const sections: string[] = []
  const unsaid: string[] = []
  for (const { name, module } of entries) {
    const declarations = [...(await all.exportsOf(module))].sort(([a], [b]) => compare(a, b))
    sections.push(`## ${name}`)
    for (const [as, declaration] of declarations) {
      unsaid.push(...unsaidOf(declaration).map((what) => `${name}: ${what}`))
      if (!exported.has(declaration)) sections.push(sectionOf(as, declaration))
      exported.add(declaration)
    }
  }
  const named = await namedBy(all, exported)
  if (named.length > 0) {
    const lead = 'Not exported by name, but parts of what is.'
    sections.push('## Named above', lead, ...named.map((one) => sectionOf(one.name, one)))
  }
  const head = [
    `# The API of ${title}`,
    'Made from the code by `npm run api`. A change here is a change for whoever embeds it.',
  ]
  return { text: `${[...head, ...sections].join('\n\n')}\n`, unsaid }
}

function sectionOf(name: string, { module, node }: Declaration): string {
  const doc = module.docOf(node)
  const code = ['```ts', declarationText(module, node), '```'].join('\n')
  return [`### ${name}`, ...(doc === undefined ? [] : [proseOf(doc)]), code].join('\n\n')
}

/** Links by name are for editors. */
function proseOf(doc: string): string {
  return doc.replaceAll(/\{@link (\w+)\}/g, '`$1`').replaceAll(/^ {2,}/gm, '')
}

/** As it was emitted, without what no embedder may use. */
function declarationText(module: DeclarationModule, node: SyntaxNode): string {
  const cuts = hiddenMembers(module, node).map((member) => {
    const doc = module.comments.findLast(({ end }) => end <= member.start)
    const isIts = doc !== undefined && module.text.slice(doc.end, member.start).trim() === ''
    const from = module.text.lastIndexOf('\n', isIts ? doc.start : member.start)
    return { from, to: member.end }
  })
  let text = ''
  let at = node.start
  for (const { from, to } of cuts) {
    text += module.text.slice(at, from)
    at = to
  }
  return (text + module.text.slice(at, node.end)).replace(/^export (?:declare )?/, '')
}

interface Member extends SyntaxNode {
  readonly key?: { readonly type: string; readonly name?: string }
  readonly kind?: string
  readonly accessibility?: string | null
}

function membersOf(node: SyntaxNode): readonly Member[] {
  const declaration = (node['declaration'] as SyntaxNode | null | undefined) ?? node
  if (declaration.type !== 'ClassDeclaration') return []
  return (declaration['body'] as { body: readonly Member[] }).body
}

/** A constructor of which nothing is said is for the package alone, and what is called unsafe for its tests. */
function hiddenMembers(module: DeclarationModule, node: SyntaxNode): Member[] {
  return membersOf(node).filter(
    (member) =>
      member.key?.type === 'PrivateIdentifier' ||
      member.accessibility === 'private' ||
      member.accessibility === 'protected' ||
      member.key?.name?.startsWith('unsafe') === true ||
      (member.kind === 'constructor' && module.docOf(member) === undefined),
  )
}

function unsaidOf({ module, name, node }: Declaration): string[] {
  const hidden = new Set(hiddenMembers(module, node))
  const members = membersOf(node)
    .filter((member) => !hidden.has(member) && module.docOf(member) === undefined)
    .map((member) => `${name}.${member.key?.name ?? ''}`)
  return module.docOf(node) === undefined ? [name, ...members] : members
}

/** Declarations that these name, and those that these name in turn. */
async function namedBy(all: Declarations, exported: ReadonlySet<Declaration>): Promise<Declaration[]> {
  const found = new Set(exported)
  // Grows while it is gone through.
  for (const { module, node } of found) {
    const hidden = new Set<unknown>(hiddenMembers(module, node))
    for (const name of namesIn(node, hidden)) {
      const declaration = await all.find(module, name)
      if (declaration !== undefined) found.add(declaration)
    }
  }
  return [...found].filter((one) => !exported.has(one)).sort((a, b) => compare(a.name, b.name))
}

function namesIn(node: unknown, hidden: ReadonlySet<unknown>): string[] {
  if (typeof node !== 'object' || node === null || hidden.has(node)) return []
  if (Array.isArray(node)) return node.flatMap((one) => namesIn(one, hidden))
  const fields = Object.entries(node)
  const { type, name } = node as { type?: string; name?: unknown }
  const own = type === 'Identifier' && typeof name === 'string' ? [name] : []
  return [...own, ...fields.flatMap(([, value]) => namesIn(value, hidden))]
}

/** The same on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
