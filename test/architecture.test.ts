/** What the shape of the code has to be: who imports whom, what the protocol may not know, and rules that are cited. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
// Asked of the disk and not of git, so that a copy without history can be tested, too.
const files = globSync(['*', '.*', '.ci/*', 'examples/**/*', 'packages/**/*', 'scripts/**/*', 'test/**/*'], {
  cwd: root,
  exclude: ['**/node_modules', '**/dist', '**/coverage', '.git'],
}).filter((path) => statSync(join(root, path)).isFile())
const code = files.filter((path) => /\.tsx?$/.test(path))
const sources = code.filter((path) => /^packages\/[^/]+\/src\//.test(path))
const protocol = 'packages/protocol/src/'

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Imports and re-exports. One of types alone leaves no trace in what runs. */
function importsOf(path: string): { name: string; isTypes: boolean }[] {
  const statement =
    /^(?:import|export)\s(?:(type)\s)?[^'"`;]*?\sfrom '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm
  return [...read(path).matchAll(statement)].map(([, type, from, dynamic, effect]) => ({
    name: from ?? dynamic ?? effect ?? '',
    isTypes: type !== undefined,
  }))
}

/** The file that a relative import means. */
function target(path: string, name: string): string {
  return join(dirname(path), name)
}

/** Without comments and texts, which may speak of what the code must not do; what a template computes is code. */
function bareCode(path: string): string {
  const apart = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g
  return read(path).replaceAll(apart, (match) => (match.match(/\$\{[^}]*\}/g) ?? []).join(' '))
}

test('packages import downwards alone: demo-chat, node, protocol', () => {
  const allowed: Record<string, RegExp> = {
    protocol: /^(?:\.|uint8arrays\/|@noble\/)/,
    node: /^(?!@conclave\/)|^@conclave\/protocol$/,
    'demo-chat': /^(?!@conclave\/)|^@conclave\/node$/,
  }
  const wrong = sources.flatMap((path) => {
    const name = path.split('/')[1] ?? ''
    return importsOf(path)
      .filter((entry) => !allowed[name]?.test(entry.name) || leaves(path, entry.name))
      .map((entry) => `${path} imports ${entry.name}`)
  })
  expect(wrong).toEqual([])
})

function leaves(path: string, name: string): boolean {
  const home = path.split('/').slice(0, 3).join('/')
  return name.startsWith('.') && !target(path, name).startsWith(`${home}/`)
}

/** From the bottom up; a layer imports from itself and from those below. */
const LAYERS = ['', 'wire', 'crypto', 'group', 'tree', 'log', 'keys', 'traffic', 'flat', 'lobby', 'member']

function layerOf(path: string): number {
  return LAYERS.indexOf(path.slice(protocol.length).split('/').slice(0, -1).join('/'))
}

test('the layers of the protocol never import upwards, types included', () => {
  const inside = sources.filter((path) => path.startsWith(protocol) && !path.endsWith('src/index.ts'))
  const unknown = inside.filter((path) => layerOf(path) < 0)
  const wrong = inside.flatMap((path) =>
    importsOf(path)
      .filter(({ name }) => name.startsWith('.') && layerOf(target(path, name)) > layerOf(path))
      .map(({ name }) => `${path} imports ${name}`),
  )
  const all = inside.flatMap((path) => importsOf(path).map(({ name }) => target(path, name)))
  expect({ unknown, wrong, index: all.filter((path) => path === `${protocol}index.ts`) }).toEqual({
    unknown: [],
    wrong: [],
    index: [],
  })
})

test('no modules run each other in a circle', () => {
  const next = new Map(
    sources.map((path) => {
      const names = importsOf(path).filter(({ name, isTypes }) => name.startsWith('.') && !isTypes)
      return [path, names.map(({ name }) => target(path, name))]
    }),
  )
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
    if (done.has(path)) return
    done.add(path)
    for (const other of next.get(path) ?? []) visit(other, [...trail, path])
  }
  for (const path of sources) visit(path, [])
  expect(circles).toEqual([])
})

test('the protocol has no clock, timer, randomness, network or waiting (SPEC M1)', () => {
  const words =
    'async await Promise Date performance Math.random crypto globalThis process setTimeout setInterval setImmediate ' +
    'queueMicrotask requestAnimationFrame Worker fetch WebSocket RTCPeerConnection EventTarget document navigator ' +
    'localStorage indexedDB Buffer require console'
  const forbidden = new RegExp(`\\b(?:${words.replaceAll('.', '\\.').replaceAll(' ', '|')})(?!\\w)`, 'g')
  const wrong = sources
    .filter((path) => path.startsWith(protocol))
    .flatMap((path) => (bareCode(path).match(forbidden) ?? []).map((word) => `${path}: ${word}`))
  expect(wrong).toEqual([])
})

test('files have at most 400 lines, functions at most 70', () => {
  const looked = code.filter((path) => /^(?:examples|packages\/[^/]+\/src|scripts|test)\//.test(path))
  const long = looked.filter((path) => read(path).split('\n').length > 401)
  const functions = looked.filter((path) => !path.endsWith('.test.ts')).flatMap(longFunctions)
  expect([...long, ...functions]).toEqual([])
})

/** By indentation, which the formatter settles: a function ends at the next line that closes at its own depth. */
function longFunctions(path: string): string[] {
  const lines = read(path).split('\n')
  return lines.flatMap((line, start) => {
    const isFunction =
      /(?:\)|\)[^=]*: .+|=>) \{$/.test(line) && !/^\s*(?:if|for|while|switch|\} else)\b/.test(line)
    if (!isFunction) return []
    const indent = /^\s*/.exec(line)?.[0] ?? ''
    const length = lines.slice(start + 1).findIndex((other) => other.startsWith(`${indent}}`)) + 2
    return length > 70 ? [`${path}:${start + 1} has ${length} lines`] : []
  })
}

const spec = read('packages/protocol/SPEC.md')
const rules = [...spec.matchAll(/^- \*\*([A-Z]\d+)\.\*\*/gm)].map(([, rule]) => rule ?? '')

/** Rules that a file cites, e.g. by "SPEC F1–F3, J1". */
function citationsIn(text: string): string[] {
  const lists = text.matchAll(/\bSPEC ((?:[A-Z]\d+(?:–[A-Z]?\d+)?(?:, | and )?)+)/g)
  return [...lists].flatMap(([, list = '']) =>
    [...list.matchAll(/([A-Z])(\d+)(?:–[A-Z]?(\d+))?/g)].flatMap(
      ([, section = '', first = '', last = first]) =>
        Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => `${section}${Number(first) + i}`),
    ),
  )
}

test('every rule that code cites is in SPEC.md, and every rule there is cited', () => {
  const cited = code.flatMap((path) => citationsIn(read(path)).map((rule) => ({ path, rule })))
  const unknown = cited
    .filter(({ rule }) => !rules.includes(rule))
    .map(({ path, rule }) => `${path}: ${rule}`)
  const uncited = rules.filter((rule) => cited.every((citation) => citation.rule !== rule))
  expect(new Set(rules).size).toBe(rules.length)
  expect({ unknown, uncited }).toEqual({ unknown: [], uncited: [] })
})

test('rules and sections that SPEC.md mentions exist, and timings are as it says', () => {
  const mentioned = [...spec.matchAll(/\b([CWGSLKVNRFJHETBM]\d{1,2})\b/g)].map(([, rule]) => rule ?? '')
  const headings = [...spec.matchAll(/^## (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  const anchors = [...spec.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor)
  const timings = [...read('packages/protocol/src/timing.ts').matchAll(/^ {2}(\w+): ([\d_]+),$/gm)]
  expect(mentioned.filter((rule) => !rules.includes(rule))).toEqual([])
  expect(anchors.filter((anchor) => anchor === undefined || !headings.includes(anchor))).toEqual([])
  expect(timings.length).toBeGreaterThan(10)
  const absent = timings.filter(([, name = '', value = '']) => {
    const number = Number(value.replaceAll('_', '')).toLocaleString('en')
    return !new RegExp(`\\| \`${name}\` +\\| ${number} `).test(spec)
  })
  expect(absent.map(([line]) => line)).toEqual([])
})

const documents = files.filter((path) => path.endsWith('.md'))

test('documents name files, scripts and links that exist', () => {
  const scripts = new Set(Object.keys(JSON.parse(read('package.json')).scripts as object))
  const wrong = documents.flatMap((path) => {
    const text = read(path)
    const paths = [...text.matchAll(/`((?:examples|packages|test|scripts)\/[\w./-]+)`/g)].map(
      ([, name = '']) => name,
    )
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, name = '']) =>
      target(path, name),
    )
    const runs = [...text.matchAll(/\bnpm run (?:-s )?([\w:]+)/g)].map(([, name = '']) => name)
    return [
      // What the build of the page makes is there after it only.
      ...[...paths, ...links].filter((name) => !/\/dist\//.test(name) && !existsSync(join(root, name))),
      ...runs.filter((name) => !scripts.has(name)),
    ].map((name) => `${path}: ${name}`)
  })
  expect(wrong).toEqual([])
})

test('nothing names a package registry, or a path of one machine', () => {
  const registry = /\bregistry\.[a-z]|\bnpmjs\b|\bverdaccio\b|\bartifactory\b/i
  const machine = /(?<![\w.:/-])\/(?:home|Users|root|work|private|mnt|tmp)\/\w|\b[A-Z]:\\\\?Users\b/
  const wrong = files
    .filter((path) => /\.(?:tsx?|js|json|md|ya?ml|css|html|sh)$|(?:^|\/)\.\w+$|\.ci\//.test(path))
    .filter((path) => path !== 'test/architecture.test.ts')
    .flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, i) => (registry.test(line) || machine.test(line) ? [`${path}:${i + 1}`] : [])),
    )
  expect(wrong).toEqual([])
})
