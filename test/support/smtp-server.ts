import { createServer, type AddressInfo, type Socket } from 'node:net';

/** At which point of the conversation: the greeting, a command, or the end of a mail's content. */
export type Point = 'GREETING' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'CONTENT';

/** What to answer there instead; `drop` breaks the connection, `silence` says nothing. `{to}` becomes the recipient. */
export type Reply = string;

export interface TakenMail {
  to: string;
  content: string;
  messageId: string;
}

/** A mail server that says what a test wants it to say. What it has read to the end counts as taken, whatever it says then. */
export async function startSmtp(replies: Partial<Record<Point, Reply>> = {}, port = 0) {
  const taken: TakenMail[] = [];
  let logins = 0;
  const said = { ...replies };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.setEncoding('utf8').on('error', () => {}));
    let to = '';
    let content: string | undefined;
    let buffer = '';
    const say = (point: Point, otherwise: string) => {
      const reply = said[point] ?? otherwise;
      if (reply === 'drop') socket.destroy();
      else if (reply !== 'silence') socket.write(`${reply.replace('{to}', to)}\r\n`);
    };
    const command = (line: string) => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'EHLO') return socket.write('250-test\r\n250 AUTH PLAIN\r\n');
      if (verb === 'AUTH') logins++;
      if (verb === 'AUTH') return say('AUTH', '235 welcome');
      if (verb === 'MAIL') return say('MAIL', '250 ok');
      if (verb === 'RCPT') return say('RCPT', ((to = /<(.*)>/.exec(line)?.[1] ?? ''), '250 ok'));
      if (verb === 'DATA') return say('DATA', ((content = ''), '354 go on'));
      return socket.write('250 ok\r\n');
    };
    socket.on('data', (text: string) => {
      buffer += text;
      for (let end = buffer.indexOf('\r\n'); end !== -1; end = buffer.indexOf('\r\n')) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        if (content === undefined) command(line);
        else if (line !== '.') content += `${line}\n`;
        else {
          taken.push({ to, content, messageId: /^Message-ID: (.*)$/m.exec(content)?.[1] ?? '' });
          content = undefined;
          say('CONTENT', '250 taken');
        }
      }
    });
    say('GREETING', '220 test');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  /** Breaks every connection. */
  const hangUp = () => sockets.forEach((socket) => socket.destroy());
  const at = (server.address() as AddressInfo).port;
  return {
    url: `smtp://127.0.0.1:${at}`,
    port: at,
    taken,
    /** How many were tried. */
    logins: () => logins,
    /** From now on. */
    says: (next: Partial<Record<Point, Reply>>) => {
      for (const point of Object.keys(said) as Point[]) delete said[point];
      Object.assign(said, next);
    },
    hangUp,
    async close() {
      hangUp();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
