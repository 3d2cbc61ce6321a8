/** The declarations that TypeScript emits for a package, and how its modules lead from one to another. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { parseSync } from 'vite'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** As much of a syntax tree as is looked at here. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** One declaration of a module. */
export interface Declaration {
  readonly module: DeclarationModule
  readonly name: string
  readonly node: SyntaxNode
}

/** Where a name of a module comes from. */
interface Origin {
  readonly from: string
  readonly name: string
}

export class DeclarationModule {
  readonly path: string
  readonly text: string
  readonly declared = new Map<string, Declaration>()
  readonly imported = new Map<string, Origin>()
  readonly exported = new Map<string, Origin | string>()
  /** Modules all of which is exported. */
  readonly stars: string[] = []
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[]

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
    const { program, comments, errors } = parseSync(path, text)
    if (errors.length > 0) throw new Error(`${path} cannot be read: ${errors[0]?.message}`)
    this.comments = comments
    for (const statement of program.body as unknown as SyntaxNode[]) this.#take(statement)
  }

  /** The text of the comment that stands right before. */
  docOf({ start }: SyntaxNode): string | undefined {
    const comment = this.comments.findLast(({ end }) => end <= start)
    if (comment === undefined || !comment.value.startsWith('*')) return undefined
    if (this.text.slice(comment.end, start).trim() !== '') return undefined
    return comment.value
      .split('\n')
      .map((line) => line.replace(/^\s*\*+ ?/, '').trimEnd())
      .join('\n')
      .trim()
  }

  #take(statement: SyntaxNode): void {
    const from = (statement['source'] as { value: string } | null)?.value
    switch (statement.type) {
      case 'ImportDeclaration':
        for (const { local, imported } of specifiersOf(statement))
          this.imported.set(nameOf(local), { from: from ?? '', name: nameOf(imported ?? local) })
        break
      case 'ExportAllDeclaration':
        this.stars.push(from ?? '')
        break
      case 'ExportNamedDeclaration': {
        for (const { local, exported } of specifiersOf(statement)) {
          const name = nameOf(local)
          this.exported.set(nameOf(exported), from === undefined ? name : { from, name })
        }
        const declaration = statement['declaration'] as SyntaxNode | null
        if (declaration)
          for (const name of this.#declare(declaration, statement)) this.exported.set(name, name)
        break
      }
      default:
        this.#declare(statement, statement)
    }
  }

  #declare(declaration: SyntaxNode, statement: SyntaxNode): string[] {
    const named = (declaration['declarations'] as { id: SyntaxNode }[] | undefined) ?? [declaration]
    const names = named.flatMap(({ id }) => (id === undefined || id === null ? [] : [nameOf(id)]))
    for (const name of names) this.declared.set(name, { module: this, name, node: statement })
    return names
  }
}

interface Specifier {
  readonly local: unknown
  readonly imported?: unknown
  readonly exported?: unknown
}

function specifiersOf(statement: SyntaxNode): Specifier[] {
  return (statement['specifiers'] as Specifier[] | undefined) ?? []
}

function nameOf(node: unknown): string {
  const { name, value } = node as { name?: string; value?: string }
  return name ?? value ?? ''
}

/** All modules of the packages, by the path that they were emitted under. */
export class Declarations {
  readonly #directory: string
  readonly #modules = new Map<string, DeclarationModule>()

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** Emits and gives the declarations of these packages, and removes what was emitted. */
  static async use<T>(packages: readonly string[], work: (all: Declarations) => Promise<T>): Promise<T> {
    const directory = await mkdtemp(join(tmpdir(), 'conclave-api-'))
    try {
      await Promise.all(packages.map(async (name) => await emit(name, join(directory, name))))
      return await work(new Declarations(directory))
    } finally {
      await rm(directory, { recursive: true })
    }
  }

  /** `entry` as in the package's exports, e.g. `./src/react/index.ts`. */
  async entry(name: string, entry: string): Promise<DeclarationModule> {
    return await this.#module(join(name, entry.replace(/^\.\/src\//, '')))
  }

  /** What a module exports, by name; what comes from packages of other people is left out. */
  async exportsOf(module: DeclarationModule): Promise<Map<string, Declaration>> {
    const all = new Map<string, Declaration>()
    for (const from of module.stars) {
      const other = await this.#from(module, from)
      for (const [name, declaration] of other ? await this.exportsOf(other) : []) all.set(name, declaration)
    }
    for (const [name, origin] of module.exported) {
      const declaration =
        typeof origin === 'string' ? await this.find(module, origin) : await this.#found(module, origin)
      if (declaration !== undefined) all.set(name, declaration)
    }
    return all
  }

  /** What a name means inside of a module; undefined for what is global or of packages of other people. */
  async find(module: DeclarationModule, name: string): Promise<Declaration | undefined> {
    const origin = module.imported.get(name)
    return module.declared.get(name) ?? (origin && (await this.#found(module, origin)))
  }

  async #found(module: DeclarationModule, { from, name }: Origin): Promise<Declaration | undefined> {
    const other = await this.#from(module, from)
    return other && (await this.exportsOf(other)).get(name)
  }

  async #from(module: DeclarationModule, from: string): Promise<DeclarationModule | undefined> {
    if (from.startsWith('.')) return await this.#module(join(dirname(module.path), from))
    const [, name] = /^@conclave\/([\w-]+)$/.exec(from) ?? []
    return name === undefined ? undefined : await this.entry(name, './src/index.ts')
  }

  /** `path`: where its source is below the package. */
  async #module(path: string): Promise<DeclarationModule> {
    const known = this.#modules.get(path)
    if (known !== undefined) return known
    const text = await readFile(join(this.#directory, path.replace(/\.tsx?$/, '.d.ts')), 'utf8')
    const module = new DeclarationModule(path, text)
    this.#modules.set(path, module)
    return module
  }
}

async function emit(name: string, directory: string): Promise<void> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const project = join(root, 'packages', name, 'tsconfig.build.json')
  await run(process.execPath, [tsc, '-p', project, '--emitDeclarationOnly', '--outDir', directory])
}
