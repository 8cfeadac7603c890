/** The product's mark, in the colours of the theme. */
export function Mark({ size = 36 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 64 64" aria-hidden="true">
      <rect class="mark-ground" width="64" height="64" rx="15" />
      <path class="mark-bubble"
        d="M18 18h28a5 5 0 0 1 5 5v16a5 5 0 0 1-5 5H31l-9 8v-8h-4a5 5 0 0 1-5-5V23a5 5 0 0 1 5-5" />
      <path class="mark-arrow" d="M36 25l-7 6 7 6" />
    </svg>
  );
}
