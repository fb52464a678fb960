import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icon';

interface SliderProps {
  label: string;
  value: number;
  min?: number;
  max?: number;
  step?: number;
  text?: string; // the value in words
  onInput: (value: number) => void;
  disabled?: boolean;
}

export function Slider({ label, value, min = 0, max = 1, step = 0.01, text, onInput, disabled }: SliderProps) {
  const id = useId();
  const words = text ?? String(value);
  return (
    <div class="control">
      <div class="control-head"><label for={id}>{label}</label><output for={id}>{words}</output></div>
      <input id={id} type="range" min={min} max={max} step={step} value={value} disabled={disabled}
        aria-valuetext={words} onInput={(event) => onInput(event.currentTarget.valueAsNumber)} />
    </div>
  );
}

export function Toggle({ label, checked, onChange, disabled }:
  { label: string; checked: boolean; onChange: (on: boolean) => void; disabled?: boolean }) {
  return (
    <label class="toggle">
      <input type="checkbox" role="switch" checked={checked} disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)} />
      <span class="track" aria-hidden="true" />
      <span>{label}</span>
    </label>
  );
}

export interface Choice<T extends string> { value: T; label: string; icon?: IconName }

/** One of a few, all in sight: radio buttons that look like one bar. */
export function Choices<T extends string>({ label, value, choices, onChange, hideLabel }:
  { label: string; value: T; choices: readonly Choice<T>[]; onChange: (value: T) => void; hideLabel?: boolean }) {
  const name = useId();
  return (
    <fieldset class="choices">
      <legend class={hideLabel ? 'unseen' : ''}>{label}</legend>
      <div class="bar">
        {choices.map((choice) => (
          <label key={choice.value} class={choice.value === value ? 'on' : ''}>
            <input type="radio" name={name} value={choice.value} checked={choice.value === value}
              onChange={() => onChange(choice.value)} />
            {choice.icon && <Icon name={choice.icon} />}{choice.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function IconButton({ icon, label, onClick, pressed, disabled, kind = '' }:
  { icon: IconName; label: string; onClick: (event: MouseEvent) => void; pressed?: boolean; disabled?: boolean; kind?: string }) {
  return (
    <button type="button" class={`icon-button ${kind}`} aria-label={label} title={label} aria-pressed={pressed}
      disabled={disabled} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

export function Button({ children, onClick, kind = '', icon, disabled, title }:
  { children: ComponentChildren; onClick?: () => void; kind?: '' | 'main' | 'quiet'; icon?: IconName; disabled?: boolean; title?: string }) {
  return (
    <button type="button" class={`button ${kind}`} onClick={onClick} disabled={disabled} title={title}>
      {icon && <Icon name={icon} />}{children}
    </button>
  );
}

export function Download({ href, children, name }: { href: string; children: ComponentChildren; name?: string }) {
  return <a class="button" href={href} download={name ?? ''}><Icon name="download" />{children}</a>;
}
