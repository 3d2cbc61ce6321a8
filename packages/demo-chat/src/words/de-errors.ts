/** What rooms say went wrong, by its code, in German. In English they say it themselves. */
export const roomErrors: Readonly<Record<string, string>> = {
  // Why nobody lets us in.
  'not-a-member': 'Der Raum kennt dieses Mitglied nicht. Bitte ein Mitglied um eine Einladung.',
  excluded:
    'Du wurdest aus diesem Raum ausgeschlossen. Klopfe noch einmal an, dann kann dich jemand einlassen.',
  'invite-needed': 'In diesen Raum kommt man nur mit Einladung. Bitte ein Mitglied um eine.',
  'invite-revoked':
    'Diese Einladung gilt nicht mehr, oder sie ist für einen anderen Raum. Bitte ein Mitglied um eine neue.',
  'invite-expired': 'Diese Einladung ist abgelaufen. Bitte ein Mitglied um eine neue.',
  'expired-invite': 'Diese Einladung ist abgelaufen. Bitte ein Mitglied um eine neue.',
  'bad-invite': 'Diese Einladung ist gefälscht, beschädigt oder für einen anderen Raum. Bitte um eine neue.',
  asked: 'Jemand im Raum muss dich einlassen. Darauf wird gewartet.',
  denied:
    'Jemand im Raum hat Nein gesagt. Redet miteinander, bevor du noch einmal anklopfst: Das zweite Nein gilt für immer.',
  destroyed: 'Dieser Raum wurde aufgelöst. Bitte um eine Einladung in einen anderen.',
  // What cannot be done just now, or not at all.
  'not-joined':
    'Das geht erst, wenn du im Raum bist und die Schlüssel da sind. Versuche es gleich noch einmal.',
  'not-entitled': 'Dieser Raum erlaubt dir das nicht.',
  'in-transition': 'Die Schlüssel des Raums werden noch gemacht. Versuche es gleich noch einmal.',
  'nothing-to-do': 'So ist es schon.',
  'no-knock': 'Dort klopft niemand mehr an.',
  'not-let-in':
    'Der andere Raum lässt euch nicht ein. Bitte dort um eine neue Einladung, oder versuche es, wenn dort jemand ist.',
  'gone-on':
    'Dieser Raum ist gerade woandershin umgezogen, oder er ist zu Ende. Sieh nach, wo du jetzt bist.',
  'too-many-relays': 'Der andere Raum ist nur an weiteren Relays zu treffen. Lade neu und versuche es dann.',
  offline: 'Dieses Mitglied ist offline. Wähle eines, das da ist.',
  'bad-text': 'Der Text ist zu lang. Kürze ihn oder schicke ihn in Teilen.',
  'queue-full': 'Zu viele Nachrichten warten auf einen Schlüssel. Versuche es, wenn sie gesendet sind.',
  'too-fast': 'Es wurde mehr gesagt, als das Netz fasst. Warte, bis die früheren Nachrichten gesendet sind.',
  // Files.
  'nobody-there': 'Niemand, für den die Datei ist, ist online. Sende sie, wenn jemand da ist.',
  'no-such-file': 'Diese Datei wird nicht mehr angeboten. Bitte darum, dass sie noch einmal gesendet wird.',
  'fetched-already': 'Diese Datei ist schon unterwegs.',
  'too-many-files': 'Zu viele Dateien auf einmal. Warte, bis eine fertig ist, oder brich eine ab.',
  lost: 'Wer sie sendet, ist nicht mehr zu erreichen. Bitte darum, dass sie noch einmal gesendet wird.',
  corrupt: 'Was ankam, ist nicht die Datei, die angeboten wurde. Bitte noch einmal um sie.',
  'sink-failed':
    'Was ankam, konnte nicht gespeichert werden. Sieh nach, ob Platz ist, und nimm sie noch einmal an.',
}
