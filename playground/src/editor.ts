// CodeMirror, one document for each file.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import {
  bracketMatching,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, setDiagnostics } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, type Extension } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

const OURS = Annotation.define<boolean>();

const language = (name: string): Extension => (name.endsWith(".py") ? python() : []);

const plain = (name: string): Extension => [
  lineNumbers(),
  drawSelection(),
  bracketMatching(),
  syntaxHighlighting(classHighlighter),
  language(name),
  EditorView.lineWrapping,
];

export interface Shortcut {
  key: string;
  run(): void;
}

export class Editor {
  readonly view: EditorView;
  private readonly states = new Map<string, EditorState>();
  private name = "";

  constructor(
    parent: HTMLElement,
    private readonly shortcuts: Shortcut[],
    private readonly changed: (name: string, text: string) => void,
  ) {
    this.view = new EditorView({ parent });
  }

  /** Show a file. `text` is taken when the file is not open yet. */
  show(name: string, text: string, readOnly: boolean): void {
    if (this.name) this.states.set(this.name, this.view.state);
    this.name = name;
    this.view.setState(this.states.get(name) ?? this.state(name, text, readOnly));
  }

  /** Take over a text that was changed elsewhere. */
  replace(name: string, text: string): void {
    if (name !== this.name) {
      this.states.delete(name);
      return;
    }
    const { length } = this.view.state.doc;
    this.view.dispatch({
      changes: { from: 0, to: length, insert: text },
      annotations: OURS.of(true),
    });
  }

  close(name: string): void {
    this.states.delete(name);
    if (this.name === name) this.name = "";
  }

  /** Underline a line, with a text; line 0 takes all marks away. */
  mark(line: number, message: string): void {
    const { doc } = this.view.state;
    const marks: Diagnostic[] = [];
    if (line > 0 && line <= doc.lines) {
      const { from, to } = doc.line(line);
      marks.push({ from, to, severity: "error", message });
    }
    this.view.dispatch(setDiagnostics(this.view.state, marks));
  }

  go(line: number): void {
    const { doc } = this.view.state;
    if (line < 1 || line > doc.lines) return;
    const { from } = doc.line(line);
    this.view.dispatch({
      selection: { anchor: from },
      effects: EditorView.scrollIntoView(from, { y: "center" }),
    });
    this.view.focus();
  }

  private state(name: string, text: string, readOnly: boolean): EditorState {
    const label = `${name}${readOnly ? ", read only" : ""}`;
    return EditorState.create({
      doc: text,
      extensions: [
        keymap.of(this.shortcuts.map(({ key, run }) => ({ key, run: () => (run(), true) }))),
        plain(name),
        history(),
        indentOnInput(),
        indentUnit.of(name.endsWith(".py") ? "    " : "  "),
        closeBrackets(),
        search({ top: true }),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        keymap.of([
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          ...searchKeymap,
          indentWithTab,
        ]),
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({
          "aria-label": label,
          "aria-describedby": "pg-editor-help",
          tabindex: "0",
          ...(readOnly ? { "aria-readonly": "true" } : {}),
        }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          if (update.transactions.some((change) => change.annotation(OURS))) return;
          this.changed(name, update.state.doc.toString());
        }),
      ],
    });
  }
}

/** The solution of a file, with what differs from the learner's. */
export function difference(name: string, mine: string, solution: string): HTMLElement {
  const parent = document.createElement("div");
  parent.className = "pg-difference";
  new EditorView({
    parent,
    state: EditorState.create({
      doc: solution,
      extensions: [
        plain(name),
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({
          "aria-label": `${name}: the solution, compared with yours`,
          tabindex: "0",
          "aria-readonly": "true",
        }),
        unifiedMergeView({ original: mine, mergeControls: false, gutter: true }),
      ],
    }),
  });
  return parent;
}
