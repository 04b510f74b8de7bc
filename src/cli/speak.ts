import type { Command } from "commander";
import { displayWidth } from "./format-table.js";
import type { Say } from "./words.js";

/** Where one sentence of commander's ends and the next begins. */
const BETWEEN_SENTENCES = /(?<=\.) /;

/** Has a program tell its help and its errors in the words of whoever asks. Before its commands, which inherit it. */
export function speak(program: Command, say: Say): Command {
  const usage = (text: string) =>
    text.replace("[options]", say("[options]")).replace("[command]", say("[command]"));
  const extras = (description: string) =>
    description.replace(
      /(?<=[(,] ?)(choices|default): (?=[^()]*\)$)/g,
      (_, word: "choices" | "default") => `${say(word)}: `,
    );
  return program
    .configureHelp({
      displayWidth,
      styleTitle: (title) => say.known(title),
      styleUsage: usage,
      styleSubcommandTerm: usage,
      styleOptionDescription: extras,
    })
    .configureOutput({
      outputError: (text, write) => {
        const lines = text.split("\n").map((line) =>
          line
            .split(BETWEEN_SENTENCES)
            .map((sentence) => say.known(sentence))
            .join(" "),
        );
        write(lines.join("\n"));
      },
    })
    .helpOption("-h, --help", say("display help for command"))
    .helpCommand("help [command]", say("display help for command"))
    .showHelpAfterError(say("(peg-bff --help tells more)"));
}
