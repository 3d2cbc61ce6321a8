#!/usr/bin/env node
/**
 * The `conclave` command. Each command's code is loaded when it is run, so that a relay never loads WebRTC and `--help`
 * is quick.
 */
import { Command, Option } from 'commander'
import { runCommand } from './process.ts'
import type { DoctorOptions } from './doctor.ts'
import type { IdentityOptions } from './identity.ts'
import type { PeerOptions } from './peer.ts'
import type { RelayOptions } from './relay.ts'

const json = (): Option => flag('--json', 'one JSON object a line on stdout, and nothing else')
const identity = (): Option =>
  flag('--identity <file>', 'keep the identity in this file; made if it does not exist')

const program = new Command('conclave')
  .description('Encrypted rooms among peers, and the relay they meet at.')
  .helpCommand(false)
  .showHelpAfterError('(--help lists what there is)')

program
  .command('relay')
  .description('run a circuit relay, which peers meet at and which forwards what it cannot read')
  .addOption(
    list('--listen <multiaddr>', 'where to listen; repeat for more').default(['/ip4/0.0.0.0/tcp/9001/ws']),
  )
  .addOption(
    list('--announce <multiaddr>', 'what to tell peers instead, behind a proxy; repeat for more').default([]),
  )
  .addOption(flag('--http <host:port>', 'serve /health there'))
  .addOption(identity())
  .addOption(json())
  .action(async (options: RelayOptions) => {
    await runCommand(options, async (session) => await (await import('./relay.ts')).relay(options, session))
  })

program
  .command('peer')
  .description('be a member without a page: of the room of an invite, of an open room, or of a new one')
  .argument('[invite]', 'an invite, or a link that holds one')
  .addOption(flag('--room <name>', 'an open room: whoever knows its name is let in'))
  .addOption(list('--relay <multiaddr>', 'a circuit relay to meet at; repeat for more').default([]))
  .addOption(
    flag('--admit <who>', 'a new room: by invite, ask a member about everybody, or moderators alone').choices(
      ['invite', 'ask', 'moderators'],
    ),
  )
  .addOption(
    flag(
      '--exclude <who>',
      'a new room: any member, moderators, or quorum:N, which takes N votes; member by default',
    ),
  )
  .addOption(
    list(
      '--moderator <peer>',
      'a new room: the peer id of a moderator; repeat for more, eight at most',
    ).default([]),
  )
  .addOption(
    flag('--silence <seconds>', 'a new room: exclude who was silent for so long; 0, the default, never'),
  )
  .addOption(flag('--name <text>', 'the name that others see'))
  .addOption(identity())
  .addOption(flag('--store <dir>', 'keep the membership log here, to come back after a restart'))
  .addOption(list('--ice-server <url>', 'a STUN or TURN server of your choice; none by default').default([]))
  .addOption(
    flag('--ice-transport-policy <policy>', 'relay: no direct connection but through TURN').choices([
      'all',
      'relay',
    ]),
  )
  .addOption(json())
  .action(async (invite: string | undefined, options: PeerOptions) => {
    await runCommand(
      options,
      async (session) => await (await import('./peer.ts')).peer(invite, options, session),
    )
  })

program
  .command('doctor')
  .description('try what a room needs, from here, and say what to do about what fails')
  .addOption(list('--relay <multiaddr>', 'the circuit relay to try; repeat for more').default([]))
  .addOption(list('--ice-server <url>', 'a STUN or TURN server of your choice; none by default').default([]))
  .addOption(json())
  .action(async (options: DoctorOptions) => {
    await runCommand(options, async (session) => await (await import('./doctor.ts')).doctor(options, session))
  })

program
  .command('identity')
  .description('print the peer id of an identity file, which is made if it does not exist')
  .addOption(identity().makeOptionMandatory())
  .addOption(json())
  .action(async (options: IdentityOptions) => {
    await runCommand(
      options,
      async (session) => await (await import('./identity.ts')).identity(options, session),
    )
  })

await program.parseAsync()

/** A flag that is an environment variable too: `--http` is `CONCLAVE_HTTP`. */
function flag(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.env(`CONCLAVE_${option.name().replaceAll('-', '_').toUpperCase()}`)
}

/** A flag that may be repeated; in the environment its values are separated by commas or spaces. */
function list(flags: string, description: string): Option {
  // A default stands only until the first value, and commander hands it in as what came before.
  const seen: string[] = []
  return flag(flags, description).argParser((value: string) => {
    seen.push(...value.split(/[\s,]+/).filter((part) => part !== ''))
    return [...seen]
  })
}
