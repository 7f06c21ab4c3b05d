//! The mask over what clients send (RFC 6455, section 5.3).

/// Takes the mask off, or puts it on: both are the same. `offset` is how much of the payload came before.
pub(super) fn apply(mask: [u8; 4], offset: usize, bytes: &mut [u8]) {
    let mut mask = mask;
    mask.rotate_left(offset % 4);
    let half = u64::from(u32::from_ne_bytes(mask));
    let wide = half << 32 | half;
    let mut words = bytes.chunks_exact_mut(8);
    for word in &mut words {
        let word: &mut [u8; 8] = word.try_into().expect("a chunk has eight bytes");
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_meets_its_own_byte_of_the_mask_wherever_a_payload_is_cut() {
        let mask = [1, 20, 77, 255];
        for length in 0..40 {
            let plain: Vec<u8> = (0..length).collect();
            let keys = mask.iter().cycle();
            let masked: Vec<u8> = plain
                .iter()
                .zip(keys)
                .map(|(byte, key)| byte ^ key)
                .collect();
            for cut in 0..=plain.len() {
                let mut bytes = masked.clone();
                let (first, second) = bytes.split_at_mut(cut);
                apply(mask, 0, first);
                apply(mask, cut, second);
                assert_eq!(bytes, plain, "cut at {cut}");
            }
        }
    }
}
